"""Batches: decided at a batch hour, announced, and applied when read back."""

from b40_chassis import decisions
from b40_chassis.hears import Due, Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import BatchDecided, GiftsSpent, NeedsOrdered, OrderedNeed, SpentGift, SupportKind

from b40_solidarity.batch import Batch, close
from b40_solidarity.hours import next_batch_hour
from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import batches as store
from b40_solidarity.matcher.store import books, gifts, needs, policies, pools
from b40_solidarity.matcher.store.pools import Pool

KIND = "batch"


@hears.due("batch hour", pools.due)
async def decide_batch(due: Due, work: Work) -> None:
    """Close a batch if there are parties enough: reserve what it names and announce it. It does nothing else yet."""
    pool = await pools.lock(work.connection, due.subject)
    policy = (await policies.in_force_of(work.connection, {pool.city}))[pool.city]
    next_hour = next_batch_hour(due.time, policy.batch_hours, policy.batch_weekdays)
    await pools.set_next_due(work.connection, pool.name, next_hour)
    waiting = await needs.lock_waiting(work.connection, pool, due.time)
    offered = await gifts.lock_waiting(work.connection, pool, due.time) if waiting else []
    batch = close(waiting, offered, await pools.free_carry(work.connection, pool.name))
    if batch is None:
        return
    number = await decisions.next_number(work.connection, KIND, pool.name, due.time)
    if number is None:
        return
    decided = _decided(pool, number, due, batch, work)
    await needs.reserve(work.connection, [need.id for need in batch.needs], decided.needs_batch)
    await gifts.reserve(work.connection, [gift.id for gift in batch.gifts], decided.gifts_batch)
    await pools.reserve_carry(work.connection, pool.name, decided.needs_batch, batch.carried_in_minor)
    work.announce(decided, cause=due, time=due.time)


def _decided(pool: Pool, number: int, due: Due, batch: Batch, work: Work) -> BatchDecided:
    return BatchDecided(
        pool=pool.name,
        number=number,
        due=due.time,
        city=pool.city,
        kind=SupportKind(pool.kind),
        currency=pool.currency,
        needs_batch=work.new_id(due),
        gifts_batch=work.new_id(due),
        gifts=tuple(
            SpentGift(gift=gift.id, amount_minor=gift.amount_minor)
            for gift in sorted(batch.gifts, key=lambda gift: gift.id)
        ),
        needs=tuple(
            OrderedNeed(need=need.id, amount_minor=need.amount_minor)
            for need in sorted(batch.needs, key=lambda need: need.id)
        ),
        carried_in_minor=batch.carried_in_minor,
        carried_out_minor=batch.carried_out_minor,
        k=batch.k,
        payers=batch.payers,
        households=batch.households,
    )


@hears.each(BatchDecided)
async def apply_batch(heard: Heard[BatchDecided], work: Work) -> None:
    """A decision read back takes effect whole, or is void; either way nothing is reserved for it any more."""
    decided = heard.event
    pool = Pool(decided.city, decided.kind, decided.currency)
    await pools.enter(work.connection, {pool}, decided.due)
    await pools.lock(work.connection, pool.name)
    await needs.release(work.connection, decided.needs_batch)
    await gifts.release(work.connection, decided.gifts_batch)
    await pools.release_carry(work.connection, decided.needs_batch)
    taken = await needs.any_taken(work.connection, [need.need for need in decided.needs]) or await gifts.any_taken(
        work.connection, [gift.gift for gift in decided.gifts]
    )
    if await decisions.counts(work.connection, KIND, pool.name, decided.number, decided.due, free=not taken):
        await _book(decided, pool, work)
        _tell_each_side(heard, work)


async def _book(decided: BatchDecided, pool: Pool, work: Work) -> None:
    """Gifts, needs, carry and books after the batch. Gifts that were not known come into the books first."""
    currency = decided.currency
    spent_minor = sum(gift.amount_minor for gift in decided.gifts)
    ordered_minor = sum(need.amount_minor for need in decided.needs)
    await store.enter(work.connection, decided)
    await needs.order(work.connection, decided.needs, pool, decided.due, decided.k)
    entered_minor = await gifts.spend(work.connection, decided.gifts, currency, decided.due, decided.k)
    await books.transfer(work.connection, currency, entered_minor, debit="waiting", credit="gifts")
    await books.transfer(work.connection, currency, spent_minor, debit="carried", credit="waiting")
    await books.transfer(work.connection, currency, ordered_minor, debit="ordered", credit="carried")
    await pools.change_carry(work.connection, pool.name, spent_minor - ordered_minor)


def _tell_each_side(heard: Heard[BatchDecided], work: Work) -> None:
    """Each side hears of its own alone, in an order that says nothing."""
    decided = heard.event
    chance = work.random(heard)
    ordered, spent = list(decided.needs), list(decided.gifts)
    chance.shuffle(ordered)
    chance.shuffle(spent)
    to_needs = NeedsOrdered(batch=decided.needs_batch, currency=decided.currency, due=decided.due, needs=tuple(ordered))
    to_gifts = GiftsSpent(batch=decided.gifts_batch, currency=decided.currency, due=decided.due, gifts=tuple(spent))
    work.announce(to_needs, cause=heard, time=decided.due)
    work.announce(to_gifts, cause=heard, time=decided.due)
