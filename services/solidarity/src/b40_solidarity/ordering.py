"""Which needs a batch orders, and how much of each: urgent ones first within limits, then strictly the oldest."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from b40_solidarity import shares
from b40_solidarity.parties import Gift, Need

NEEDS_MAX = 2_000
"""Needs in a batch at most; a fuller pool closes several at one hour."""

URGENT_PARTS = 2
"""Urgent needs have one of so many parts of a batch's money while others wait: else a city with many cut-offs would
leave those without one waiting for ever."""

URGENT_MAX = NEEDS_MAX // URGENT_PARTS

TRIES_MAX = 30

T = TypeVar("T", Need, Gift)


class Ordered(NamedTuple):
    """What a batch orders of a need."""

    need: Need
    amount_minor: int

    @property
    def whole(self) -> bool:
        """Whether it is all that the need asks for."""
        return self.amount_minor == self.need.amount_minor


def oldest_first(waiting: Iterable[T]) -> list[T]:
    """In order of the hour in which they came; within an hour by working id, which is chance."""
    return sorted(waiting, key=lambda one: (one.since, one.id))


def order(needs: Sequence[Need], money_minor: int, k: int) -> list[Ordered]:
    """What the money orders of ``needs``, which come oldest first; nothing if no order keeps to the shares.

    A need above its household's share is ordered in part. So is the last one that the money reaches.
    """
    wanted = _by_household((need.household, need.amount_minor) for need in needs)
    total = min(money_minor, shares.largest_total(wanted, k))
    for _ in range(TRIES_MAX):
        ordered = _within_halves(needs, total, shares.cap(total, k))
        paid = _by_household((need.household, amount_minor) for need, amount_minor in ordered)
        if max(paid, default=0) <= shares.cap(sum(paid), k):
            return ordered
        total = shares.largest_total(paid, k)
    return []


def _by_household(amounts: Iterable[tuple[UUID, int]]) -> list[int]:
    """The sum of each household."""
    sums: dict[UUID, int] = defaultdict(int)
    for household, amount_minor in amounts:
        sums[household] += amount_minor
    return list(sums.values())


def _within_halves(needs: Sequence[Need], money_minor: int, most_minor: int) -> list[Ordered]:
    """Urgent needs have half of what is ordered at most, unless nobody else waits."""
    urgent = [need for need in needs if need.urgent]
    first = _first(urgent, money_minor // URGENT_PARTS, most_minor)
    ordered = _then(needs, first, money_minor, most_minor)
    others_minor = sum(one.amount_minor for one in ordered[len(first) :])
    if first and others_minor < sum(one.amount_minor for one in first) and _others_wait(needs, ordered):
        first = _first(urgent, others_minor, most_minor)
        ordered = _then(needs, first, money_minor, most_minor)
    return ordered


def _first(urgent: Sequence[Need], money_minor: int, most_minor: int) -> list[Ordered]:
    """The longest beginning of the urgent needs that the money reaches, each whole or up to its household's share."""
    room: dict[UUID, int] = {}
    first = []
    for need in urgent[:URGENT_MAX]:
        left_minor = room.get(need.household, most_minor)
        amount_minor = min(need.amount_minor, left_minor)
        if amount_minor > money_minor:
            break
        if amount_minor:
            room[need.household] = left_minor - amount_minor
            money_minor -= amount_minor
            first.append(Ordered(need, amount_minor))
    return first


def _then(needs: Sequence[Need], first: Sequence[Ordered], money_minor: int, most_minor: int) -> list[Ordered]:
    """Those ordered first, and all others by age as far as the money reaches; the last one perhaps in part."""
    ordered, taken = list(first), {one.need.id for one in first}
    room: dict[UUID, int] = {}
    for one in first:
        room[one.need.household] = room.get(one.need.household, most_minor) - one.amount_minor
        money_minor -= one.amount_minor
    for need in needs:
        if not money_minor or len(ordered) == NEEDS_MAX:
            break
        left_minor = room.get(need.household, most_minor)
        amount_minor = min(need.amount_minor, left_minor, money_minor)
        if amount_minor and need.id not in taken:
            room[need.household] = left_minor - amount_minor
            money_minor -= amount_minor
            ordered.append(Ordered(need, amount_minor))
    return ordered


def _others_wait(needs: Sequence[Need], ordered: Sequence[Ordered]) -> bool:
    whole = {one.need.id for one in ordered if one.whole}
    return any(need.id not in whole for need in needs if not need.urgent)
