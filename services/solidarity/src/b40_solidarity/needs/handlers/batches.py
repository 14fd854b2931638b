"""A batch names the needs to be ordered: one order per biller."""

from collections import defaultdict
from collections.abc import Sequence
from random import Random

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import NeedsOrdered, OrderLine, OrderPlaced, SettlementCounted

from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import books, needs
from b40_solidarity.needs.store import orders as store
from b40_solidarity.needs.store.needs import StoredNeed


class UnknownNeed(Exception):
    """A batch names a need that this side does not know yet: it is set aside, and replayed when the need has come."""


@hears.each(NeedsOrdered)
async def place_orders(heard: Heard[NeedsOrdered], work: Work) -> None:
    """Order what is still open, and return to the matcher what was withdrawn meanwhile."""
    batch = heard.event
    found = await needs.lock_working(work.connection, [need.need for need in batch.needs])
    if len(found) != len(batch.needs):
        raise UnknownNeed(f"{len(batch.needs) - len(found)} of {len(batch.needs)} needs are unknown")
    by_biller: dict[str, list[StoredNeed]] = defaultdict(list)
    for need in found:
        if need.state == "open":
            by_biller[need.biller].append(need)
    await store.enter_batch(work.connection, batch.batch, batch.due, batch.currency, len(by_biller))
    chance = work.random(heard)
    for biller in sorted(by_biller):
        await _place(heard, biller, by_biller[biller], chance, work)
    returned_minor = sum(need.amount_minor for need in found if need.state != "open")
    if returned_minor:
        settlement = SettlementCounted(
            batch=batch.batch, currency=batch.currency, settled_minor=0, returned_minor=returned_minor, needs_settled=0
        )
        work.announce(settlement, cause=heard, time=batch.due)


async def _place(
    heard: Heard[NeedsOrdered], biller: str, ordered: Sequence[StoredNeed], chance: Random, work: Work
) -> None:
    batch = heard.event
    lines = [
        OrderLine(line=need.line, reference=need.reference, amount_minor=need.amount_minor)
        for need in sorted(ordered, key=lambda need: need.line)
    ]
    chance.shuffle(lines)
    placed = OrderPlaced(
        order=work.new_id(heard),
        biller=biller,
        currency=batch.currency,
        total_minor=sum(line.amount_minor for line in lines),
        remittance=work.new_id(heard),
        placed_at=batch.due,
        lines=tuple(lines),
    )
    await store.enter(work.connection, placed.order, batch.batch, biller, placed.total_minor)
    await needs.order(work.connection, [need.id for need in ordered], placed.order)
    await books.transfer(work.connection, batch.currency, placed.total_minor, debit="ordered", credit="waiting")
    work.announce(placed, cause=heard, time=batch.due)
