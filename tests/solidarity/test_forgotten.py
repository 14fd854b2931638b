"""After the memory nobody can say who shared a batch, not even who has the whole database of a side."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from b40_chassis.hears import Connection
from b40_contracts.solidarity import (
    GIFTS,
    NEEDS,
    GiftOpened,
    GiftsSpent,
    NeedOpened,
    NeedsOrdered,
    OrderAnswerReported,
    OrderedNeed,
    OrderPlaced,
    Policy,
    SpentGift,
)
from b40_solidarity.gifts.handlers.batches import spend_gifts
from b40_solidarity.gifts.handlers.gifts import open_gifts
from b40_solidarity.gifts.store import policies as gift_policies
from b40_solidarity.gifts.store import trees as gift_trees
from b40_solidarity.needs.handlers.answers import settle_order
from b40_solidarity.needs.handlers.attestations import enter_attestations
from b40_solidarity.needs.handlers.batches import place_orders
from b40_solidarity.needs.handlers.billers import state_biller
from b40_solidarity.needs.handlers.bills import open_needs
from b40_solidarity.needs.store import cities
from b40_solidarity.needs.store import policies as need_policies
from b40_solidarity.needs.store import trees as need_trees
from b40_solidarity.store import trees as tree_tables
from b40_solidarity.trees import Tree

from tests.solidarity.given import MONDAY, after, attestation, bill, biller, gift_reported, named, policy
from tests.solidarity.handled import announced_by, heard

MORNING, HOUR = after(9), after(18)
BATCH, PART = named("batch"), named("part")
ROOT = "0" * 64
LATER = MONDAY + timedelta(days=100)
NAMES = "abcde"
TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
TOTALS = {"transfer", "batch", "placed_order"}
"""Here a batch stands with its totals, and with nobody in it."""


async def rows_that_name(connection: Connection, *words: Any) -> set[str]:
    """The tables with a row in which one of these words stands."""
    tables = [row["table_name"] for row in await connection.fetch(TABLES)]
    found = set()
    for table in tables:
        rows = await connection.fetch(f'SELECT ROW("{table}".*)::text AS row FROM "{table}"')  # noqa: S608
        if any(str(word) in row["row"] for row in rows for word in words):
            found.add(table)
    return found


async def publish(connection: Connection, due: datetime) -> None:
    """The batch stands in a record that is published."""
    await tree_tables.enter(connection, PART, "TRY", due, [BATCH])
    await tree_tables.keep(connection, Tree(PART, "side", "TRY", b"seed", bytes(32)))
    await connection.execute("UPDATE tree SET root = $1", ROOT)
    await tree_tables.note_published(connection, ROOT, 1, due)


def said(announced: Sequence[Any], event: type) -> list[Any]:
    return [one.event for one in announced if isinstance(one.event, event)]


async def test_gifts_of_a_batch_are_forgotten(gifts_connection: Connection) -> None:
    """Breaks if a batch, or a payer, can be found in a row that is kept longer."""
    connection = gifts_connection
    await gift_policies.put(connection, [Policy(**policy().model_dump(), reported_at=MONDAY)])
    reports = [heard(gift_reported(name, 10_000), name, MORNING) for name in NAMES]
    opened = said(await announced_by(connection, open_gifts, reports, MORNING, GIFTS), GiftOpened)
    assert await rows_that_name(connection, *(one.event.payer for one in reports)) == set(), "a token is never kept"
    gifts = tuple(SpentGift(gift=one.gift, amount_minor=10_000) for one in opened)
    batch = GiftsSpent(batch=BATCH, currency="TRY", due=HOUR, gifts=gifts)
    await announced_by(connection, spend_gifts, heard(batch, "spent", HOUR), HOUR, GIFTS)
    await publish(connection, after(168))
    await gift_trees.forget_batches(connection, after(168))
    payers = [one.payer for one in opened]
    assert await rows_that_name(connection, BATCH) == {"gift", "share", "transfer", "tree_batch"}
    assert await rows_that_name(connection, *payers) == {"gift", "payer_epoch"}
    await gift_trees.forget_batches(connection, LATER)
    assert await rows_that_name(connection, BATCH) == {"transfer"}
    assert await rows_that_name(connection, *payers) == {"payer_epoch"}, "that goes some time after the epoch"


async def test_needs_of_a_batch_are_forgotten(needs_connection: Connection) -> None:
    """Breaks if a batch, or the order that stands for it, can be found in a need that is kept longer."""
    connection = needs_connection
    await cities.enter(connection, ["TRIST"])
    await need_policies.put(connection, Policy(**policy().model_dump(), reported_at=MONDAY))
    await announced_by(connection, state_biller, heard(biller(), "biller", MONDAY), MORNING, NEEDS)
    attested = [heard(attestation(name), f"attestation {name}", MORNING) for name in NAMES]
    await announced_by(connection, enter_attestations, attested, MORNING, NEEDS)
    bills = [heard(bill(name, 9_000), name, MORNING) for name in NAMES]
    opened = said(await announced_by(connection, open_needs, bills, MORNING, NEEDS), NeedOpened)
    needs = tuple(OrderedNeed(need=one.need, amount_minor=9_000) for one in opened)
    batch = heard(NeedsOrdered(batch=BATCH, currency="TRY", due=HOUR, needs=needs), "ordered", HOUR)
    (placed,) = said(await announced_by(connection, place_orders, batch, HOUR, NEEDS), OrderPlaced)
    answer = heard(OrderAnswerReported(order=placed.order, biller="iski"), "answer", HOUR)
    await announced_by(connection, settle_order, answer, HOUR, NEEDS)
    await publish(connection, after(168))
    assert await rows_that_name(connection, BATCH, placed.order) == {"need", "share", "tree_batch", *TOTALS}
    await need_trees.forget_batches(connection, LATER)
    assert await rows_that_name(connection, BATCH, placed.order) == TOTALS
