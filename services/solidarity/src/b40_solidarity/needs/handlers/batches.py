"""A batch names the needs to be ordered, one order per biller; what comes too late for one is handed back."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import (
    NeedReturned,
    NeedsHandedBack,
    NeedsOrdered,
    SettlementCounted,
)

from b40_solidarity import pseudonyms
from b40_solidarity.needs.handlers.opening import opened
from b40_solidarity.needs.handlers.placing import place
from b40_solidarity.needs.handlers.withdrawing import withdraw
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import billers, needs
from b40_solidarity.needs.store import orders as store
from b40_solidarity.needs.store.needs import StoredNeed


class UnknownNeed(Exception):
    """A batch names a need that this side does not know yet: it is set aside, and replayed when the need has come."""


@hears.each(NeedsOrdered)
async def place_orders(heard: Heard[NeedsOrdered], work: Work) -> None:
    """Order what is still open, and return to the matcher what was withdrawn meanwhile."""
    batch = heard.event
    found = await _known(work, [need.need for need in batch.needs])
    ordered_minor = {need.need: need.amount_minor for need in batch.needs}
    by_biller: dict[str, list[StoredNeed]] = defaultdict(list)
    for need in found:
        if need.state == "open":
            part = await _part(heard, need, ordered_minor[need.working], work)
            by_biller[need.biller].append(part)
    await store.enter_batch(work.connection, batch.batch, batch.due, batch.currency, len(by_biller))
    billers_of = await billers.of(work.connection, by_biller)
    chance = work.random(heard)
    for biller in sorted(by_biller):
        await place(heard, billers_of[biller], by_biller[biller], chance, work)
    returned_minor = sum(ordered_minor[need.working] for need in found if need.state != "open")
    if returned_minor:
        settlement = SettlementCounted(
            batch=batch.batch,
            currency=batch.currency,
            settled_minor=0,
            returned_minor=returned_minor,
            needs_settled=0,
            households_settled=None if by_biller else 0,
        )
        work.announce(settlement, cause=heard, time=batch.due)


@hears.each(NeedsHandedBack)
async def take_back_needs(heard: Heard[NeedsHandedBack], work: Work) -> None:
    """Open needs that come too late for a batch are the city's again, and it is told; as much may be opened anew."""
    returned = [need for need in await _known(work, heard.event.needs) if need.state == "open"]
    await withdraw(returned, work)
    work.random(heard).shuffle(returned)
    for need in returned:
        told = NeedReturned(attestation=need.attestation, need=need.first)
        work.announce(told, cause=heard, time=heard.event.due)


async def _known(work: Work, working: Sequence[UUID]) -> list[StoredNeed]:
    found = await needs.lock_working(work.connection, working)
    if len(found) != len(working):
        raise UnknownNeed(f"{len(working) - len(found)} of {len(working)} needs are unknown")
    return found


async def _part(heard: Heard[NeedsOrdered], need: StoredNeed, amount_minor: int, work: Work) -> StoredNeed:
    """The need with what is ordered of it; the rest, if there is one, waits as its next part, with its age."""
    if amount_minor == need.amount_minor:
        return need
    number = await needs.next_part(work.connection, need)
    rest = need.rest(
        need.amount_minor - amount_minor,
        id_=work.new_id(heard),
        working=work.new_id(heard),
        line=work.identity.new(pseudonyms.line(need.first, number), 0),
        part=number,
    )
    await needs.cut(work.connection, need.id, amount_minor)
    await needs.enter(work.connection, [rest])
    work.announce(opened(rest, need.city, need.household), cause=heard, time=need.since)
    return replace(need, amount_minor=amount_minor)
