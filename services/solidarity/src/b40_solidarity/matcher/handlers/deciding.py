"""What is said of a batch: the decision that the matcher hears again, and what each side is told of it."""

from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple
from uuid import UUID

from b40_contracts.solidarity import (
    BatchDecided,
    Border,
    GiftsSpent,
    NeedsOrdered,
    OrderedNeed,
    SpentGift,
    SupportKind,
)

from b40_solidarity.batch import Batch
from b40_solidarity.hours import whole_hour
from b40_solidarity.pools import Pool
from b40_solidarity.spending import Spent

BATCHES_MAX = 100
"""Batches of a pool at one hour at most."""

BETWEEN = timedelta(microseconds=1)
"""The batches of an hour are due one after the other: each its own cause, in a transaction of its own."""


class Hour(NamedTuple):
    """A batch hour, and which of its batches is due."""

    time: datetime
    nth: int

    @classmethod
    def of(cls, due: datetime) -> "Hour":
        """The batch hour of a due time."""
        return cls(whole_hour(due), due.microsecond)

    @property
    def is_last(self) -> bool:
        """Whether no further batch may be closed at this hour."""
        return self.nth + 1 >= BATCHES_MAX

    def next_batch(self) -> datetime:
        """When the next batch of the hour is due."""
        return self.time + (self.nth + 1) * BETWEEN


def moment(event: BatchDecided) -> datetime:
    """When a decision was due, of all of its hour."""
    return event.due + event.nth * BETWEEN


def decided(pool: Pool, number: int, hour: Hour, batch: Batch, *, needs_batch: UUID, gifts_batch: UUID) -> BatchDecided:
    """The decision to close this batch, everything in order of its ids."""
    rules = batch.rules
    return BatchDecided(
        pool=pool.name,
        number=number,
        due=hour.time,
        nth=hour.nth,
        city=pool.area if pool.level is Border.CITY else None,
        kind=SupportKind(pool.kind),
        currency=pool.currency,
        needs_batch=needs_batch,
        gifts_batch=gifts_batch,
        gifts=tuple(sorted(map(_spent, batch.gifts), key=lambda one: one.gift)),
        needs=tuple(
            OrderedNeed(need=need.id, amount_minor=amount_minor)
            for need, amount_minor in sorted(batch.needs, key=lambda one: one.need.id)
        ),
        carried_in_minor=batch.carried_in_minor,
        carried_out_minor=batch.carried_out_minor,
        k=rules.k,
        f_payers=rules.payers - rules.k,
        f_households=rules.households - rules.k,
        payers=batch.payers,
        households=batch.households,
        left_needs=tuple(sorted(need.id for need in batch.left_needs)),
        left_gifts=tuple(sorted(gift.id for gift in batch.left_gifts)),
    )


def _spent(one: Spent) -> SpentGift:
    gift, amount_minor = one
    return SpentGift(
        gift=gift.id, amount_minor=amount_minor, part=gift.part, left_minor=gift.amount_minor - amount_minor
    )


def to_each_side(event: BatchDecided, chance: Random) -> tuple[NeedsOrdered, GiftsSpent]:
    """Each side hears of its own alone, in an order that says nothing."""
    ordered, spent = list(event.needs), list(event.gifts)
    chance.shuffle(ordered)
    chance.shuffle(spent)
    return (
        NeedsOrdered(batch=event.needs_batch, currency=event.currency, due=event.due, needs=tuple(ordered)),
        GiftsSpent(batch=event.gifts_batch, currency=event.currency, due=event.due, gifts=tuple(spent)),
    )
