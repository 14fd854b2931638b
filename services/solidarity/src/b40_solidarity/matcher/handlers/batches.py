"""Batches: decided at a batch hour, announced, and applied when read back."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from b40_chassis import decisions
from b40_chassis.hears import Due, Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import BatchDecided, NeedsHandedBack, PolicyTerms

from b40_solidarity.batch import close
from b40_solidarity.hours import next_batch_hour
from b40_solidarity.matcher.handlers.deciding import Hour, decided, moment, to_each_side
from b40_solidarity.matcher.handlers.refunding import decide_refunds
from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import batches as store
from b40_solidarity.matcher.store import books, gifts, left_out, needs, policies, pools
from b40_solidarity.ordering import NEEDS_MAX
from b40_solidarity.parties import Need
from b40_solidarity.pools import Pool
from b40_solidarity.spending import GIFTS_MAX
from b40_solidarity.waiting import has_waited_long, longest_since

KIND = "batch"


class Closed(NamedTuple):
    """A pool that closed a batch, and whether more may wait in it than the batch could look at."""

    pool: Pool
    is_fuller: bool


@hears.due("batch hour", pools.due)
async def decide_batch(due: Due, work: Work) -> None:
    """Close a batch if there are parties enough, and if not, one of the pool that it merges into.

    What a decision names is reserved, and it is announced; it does nothing else yet. A pool fuller than a batch closes
    several at one hour, also one that others merge into. What can wait no longer is handed back.
    """
    pool = await pools.lock(work.connection, due.subject)
    hour = Hour.of(due.time)
    terms = (await policies.of(work.connection, {pool.area}))[pool.area].at(hour.time)
    assert terms is not None, "a pool has batch hours from when its policy holds"
    next_hour = next_batch_hour(hour.time, terms.batch_hours, terms.batch_weekdays)
    waiting = await needs.lock_waiting(work.connection, pool, hour.time, next_hour.date())
    closed = await _close(pool, waiting, due, work)
    if closed is None:
        must_merge = _must_merge(waiting, hour.time, terms)
        merges_into = pool.all_above() if must_merge else await pools.merged_into(work.connection, pool.name)
        closed = await _close_merged(merges_into, due, next_hour, work)
    if closed is not None and closed.is_fuller and not hour.is_last:
        await pools.close_another(work.connection, pool.name, hour.next_batch(), closed.pool)
        return
    await _hand_back(pool, due, next_hour, terms, work)
    await pools.set_next_due(work.connection, pool.name, next_hour)


async def _close(pool: Pool, waiting: list[Need], due: Due, work: Work) -> Closed | None:
    """Close a batch of a pool, or return None.

    One that closed at this very moment, and closes another for another city, is looked at again.
    """
    hour = Hour.of(due.time)
    offered = await gifts.lock_waiting(work.connection, pool, hour.time) if waiting else []
    carried_minor = await pools.free_carry(work.connection, pool.name) if offered else 0
    batch = close(waiting, offered, max(carried_minor, 0), work.random(due))
    if batch is None:
        return None
    is_fuller = len(waiting) >= NEEDS_MAX or len(offered) >= GIFTS_MAX
    number = await decisions.next_number(work.connection, KIND, pool.name, due.time)
    if number is None:
        is_fuller = is_fuller or await pools.closes_another(work.connection, pool.name, due.time)
        return Closed(pool, is_fuller) if is_fuller else None
    event = decided(pool, number, hour, batch, needs_batch=work.new_id(due), gifts_batch=work.new_id(due))
    await needs.reserve(work.connection, [one.need for one in event.needs], event.needs_batch)
    await gifts.reserve(work.connection, [one.gift for one in event.gifts], event.gifts_batch)
    await left_out.note(work.connection, [*event.left_needs, *event.left_gifts], hour.time)
    await pools.reserve_carry(work.connection, pool.name, event.needs_batch, batch.carried_in_minor)
    work.announce(event, cause=due, time=hour.time)
    return Closed(pool, is_fuller)


def _must_merge(waiting: list[Need], hour: datetime, terms: PolicyTerms) -> bool:
    """Whether a pool whose batch does not close merges upward: a need has waited long, or its cut-off would pass."""
    if not waiting:
        return False
    oldest = min(need.since for need in waiting)
    return any(need.urgent for need in waiting) or has_waited_long(oldest, hour, terms)


async def _close_merged(merges_into: Sequence[Pool], due: Due, next_hour: datetime, work: Work) -> Closed | None:
    """Close a batch of the lowest of these pools that has parties enough: all of the area that may go so far."""
    hour = Hour.of(due.time)
    for above in merges_into:
        await pools.enter(work.connection, {above}, hour.time)
        await pools.lock(work.connection, above.name)
        waiting = await needs.lock_waiting(work.connection, above, hour.time, next_hour.date())
        closed = await _close(above, waiting, due, work)
        if closed is not None:
            return closed
    return None


async def _hand_back(pool: Pool, due: Due, next_hour: datetime, terms: PolicyTerms, work: Work) -> None:
    """What can wait no longer than this hour and is not in a decision is the city's again. k is not lowered for it."""
    hour = Hour.of(due.time)
    since = longest_since(hour.time, terms)
    handed_back = await needs.hand_back(work.connection, pool, since, next_hour.date(), hour.time)
    if handed_back:
        work.random(due).shuffle(handed_back)
        event = NeedsHandedBack(handing=work.new_id(due), due=hour.time, needs=tuple(handed_back))
        work.announce(event, cause=due, time=hour.time)


@hears.each(BatchDecided)
async def apply_batch(heard: Heard[BatchDecided], work: Work) -> None:
    """A decision read back takes effect whole, or is void; either way nothing is reserved for it any more.

    What it leaves of a gift that was withdrawn meanwhile is refunded.
    """
    event = heard.event
    pool = Pool.named(event.pool)
    await pools.enter(work.connection, {pool}, event.due)
    await pools.lock(work.connection, pool.name)
    await needs.release(work.connection, event.needs_batch)
    await gifts.release(work.connection, event.gifts_batch)
    await pools.release_carry(work.connection, event.needs_batch)
    taken = await needs.any_taken(work.connection, [need.need for need in event.needs]) or await gifts.any_taken(
        work.connection, event.gifts
    )
    due = moment(event)
    if await decisions.counts(work.connection, KIND, pool.name, event.number, due, free=not taken):
        await _book(event, pool, work)
        for told in to_each_side(event, work.random(heard)):
            work.announce(told, cause=heard, time=event.due)
    await decide_refunds([gift.gift for gift in event.gifts], heard, work)


async def _book(event: BatchDecided, pool: Pool, work: Work) -> None:
    """Gifts, needs, carry and books after the batch. Gifts that were not known come into the books first."""
    currency = event.currency
    spent_minor = sum(gift.amount_minor for gift in event.gifts)
    ordered_minor = sum(need.amount_minor for need in event.needs)
    await store.enter(work.connection, event)
    await needs.order(work.connection, event.needs, event.due)
    entered_minor = await gifts.spend(work.connection, event.gifts, currency, event.due)
    await left_out.forget(work.connection, [need.need for need in event.needs])
    await left_out.count(work.connection, [*event.left_needs, *event.left_gifts], event.due)
    await books.transfer(work.connection, currency, entered_minor, debit="waiting", credit="gifts")
    await books.transfer(work.connection, currency, spent_minor, debit="carried", credit="waiting")
    await books.transfer(work.connection, currency, ordered_minor, debit="ordered", credit="carried")
    await pools.change_carry(work.connection, pool.name, spent_minor - ordered_minor)
