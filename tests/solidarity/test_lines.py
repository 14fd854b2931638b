"""The reference of a line on an order: of need and part alone, so that a biller knows a line said again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import pytest
from b40_chassis.hears import Connection
from b40_chassis.identity import Identity
from b40_contracts.solidarity import (
    NEEDS,
    NeedsOrdered,
    OrderAnswerReported,
    OrderedNeed,
    OrderLine,
    OrderLinesPlaced,
    OrderPlaced,
    Policy,
)
from b40_solidarity.needs.handlers.answers import settle_order
from b40_solidarity.needs.handlers.attestations import enter_attestations
from b40_solidarity.needs.handlers.batches import place_orders
from b40_solidarity.needs.handlers.billers import state_biller
from b40_solidarity.needs.handlers.bills import open_needs
from b40_solidarity.needs.store import cities, policies

from tests.solidarity import handled
from tests.solidarity.given import MONDAY, after, attestation, bill, biller, decrypted, named, policy
from tests.solidarity.handled import announced_by, heard

MORNING, FIRST, SECOND = after(9), after(18), after(42)


async def ask(connection: Connection, reported: str, time: datetime = MORNING) -> None:
    """A household is attested and its bill of 600.00 reported under this id."""
    await cities.enter(connection, ["TRIST"])
    await policies.put(connection, Policy(**policy().model_dump(), reported_at=MONDAY))
    await announced_by(connection, enter_attestations, [heard(attestation("a"), "attestation", time)], time, NEEDS)
    await announced_by(connection, state_biller, heard(biller(), "biller", MONDAY), time, NEEDS)
    await announced_by(connection, open_needs, [heard(bill("a", 60_000), reported, time)], time, NEEDS)


async def order(connection: Connection, due: datetime, amount_minor: int) -> tuple[OrderPlaced, list[OrderLine]]:
    """The batch of this hour orders so much of what is open; what the partner hears, and what the biller reads."""
    working = await connection.fetchval("SELECT working FROM need WHERE state = 'open'")
    needs = (OrderedNeed(need=working, amount_minor=amount_minor),)
    batch = NeedsOrdered(batch=named(f"batch of {due}"), currency="TRY", due=due, needs=needs)
    said = await announced_by(connection, place_orders, heard(batch, f"batch of {due}", due), due, NEEDS)
    (placed,) = (one.event for one in said if isinstance(one.event, OrderPlaced))
    lines = [one.event for one in said if isinstance(one.event, OrderLinesPlaced)]
    return placed, decrypted(lines, placed.order)


async def reject(connection: Connection, placed: OrderPlaced, lines: Sequence[OrderLine], id_: str) -> None:
    rejected = tuple(line.line for line in lines)
    answer = OrderAnswerReported(order=placed.order, biller=placed.biller, rejected=rejected)
    await announced_by(connection, settle_order, heard(answer, id_, SECOND), SECOND, NEEDS)


async def lines(connection: Connection, *, at: datetime, in_parts: bool, reported: str = "a report") -> list[UUID]:
    """The lines that a biller hears of a need, ordered whole and rejected, or in two parts; then all is taken back."""
    transaction = connection.transaction()
    await transaction.start()
    await ask(connection, reported, MORNING if reported == "a report" else after(10))
    placed, first = await order(connection, at, 45_000 if in_parts else 60_000)
    if not in_parts:
        await reject(connection, placed, first, f"an answer to {placed.order}")
    _, second = await order(connection, SECOND, 15_000 if in_parts else 60_000)
    await transaction.rollback()
    return [line.line for line in (*first, *second)]


async def test_a_line_has_its_reference_of_need_and_part_alone(needs_connection: Connection) -> None:
    """INVARIANT: whichever batch orders a part, after whatever became of the one before; else it is paid twice.

    A restored matcher may decide another batch, and a bill that is reported again is the same bill.
    """
    (first, second) = await lines(needs_connection, at=FIRST, in_parts=True)
    assert first != second
    assert await lines(needs_connection, at=after(30), in_parts=True) == [first, second]
    assert await lines(needs_connection, at=FIRST, in_parts=False) == [first, second]
    assert await lines(needs_connection, at=FIRST, in_parts=True, reported="again") == [first, second]


async def test_a_line_tells_nothing_of_time_and_nothing_without_the_secret(
    needs_connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a reference is as old as a bill or a batch, or could be derived by who knows need and part."""
    known = await lines(needs_connection, at=FIRST, in_parts=True)
    assert {line.bytes[:6] for line in known} == {bytes(6)}
    monkeypatch.setattr(handled, "IDENTITY", Identity(b"another secret of 32 bytes or more"))
    assert not {*known} & {*await lines(needs_connection, at=FIRST, in_parts=True)}
