"""The joins: each names, for a party of one side, a party of the other by what a role sees of both."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple


class Sight(NamedTuple):
    """A party at a batch hour, in the words of the role that sees it; what it does not see is None.

    ``place`` is where it stands among others of its side, ``axis`` where it lies on a line that both sides share.
    """

    who: str
    hour: datetime
    pool: str | None = None
    amount_minor: int | None = None
    moment: float | None = None
    place: int | None = None
    axis: float | None = None
    words: frozenset[str] = frozenset()


class Eyes(NamedTuple):
    """What a role sees of the parties that it asks about, and of those among whom it looks; ``own`` are its own.

    ``windows`` are sums that it reads of an hour, by what it reads them of, ``carried`` what an hour leaves of a pool.
    """

    targets: Sequence[Sight]
    others: Sequence[Sight]
    own: frozenset[str] = frozenset()
    windows: Mapping[tuple[str | None, datetime], int] = {}
    carried: Mapping[tuple[str | None, datetime], int] = {}


class Claim(NamedTuple):
    """That the other of ``target`` at this hour is ``named``."""

    target: str
    hour: datetime
    named: str
    surety: float


Join = Callable[[Eyes], list[Claim]]
Group = tuple[str | None, datetime]


def by_amount(eyes: Eyes) -> list[Claim]:
    """The one whose amount is nearest."""
    return _nearest(eyes, lambda one: one.amount_minor)


def by_time(eyes: Eyes) -> list[Claim]:
    """The one that came nearest in time."""
    return _nearest(eyes, lambda one: one.moment)


def by_adjacency(eyes: Eyes) -> list[Claim]:
    """The one that lies nearest: in the log, in the transactions."""
    return _nearest(eyes, lambda one: one.axis)


def by_order(eyes: Eyes) -> list[Claim]:
    """The one in the same place of its list, from the end: what waited longer comes first."""
    places, claims = _by_group(_ordered(eyes.others)), []
    for group, targets in _by_group(_ordered(eyes.targets)).items():
        others = places.get(group, [])
        for number, target in enumerate(reversed(targets) if others else ()):
            named = others[-1 - number * len(others) // len(targets)]
            claims.append(Claim(target.who, target.hour, named.who, -abs(len(others) - len(targets))))
    return claims


def by_words(eyes: Eyes) -> list[Claim]:
    """The one that shares most words: ids, keys, headers, traces."""
    return _best(eyes, lambda target, other: len(target.words & other.words) or None)


def by_difference(eyes: Eyes) -> list[Claim]:
    """The one whose amount is what a sum grew by, less what the role itself has in it."""
    own_minor = _own_minor(eyes)

    def fit(target: Sight, other: Sight) -> float | None:
        grown = eyes.windows.get((target.pool, target.hour), eyes.windows.get((None, target.hour)))
        if grown is None or other.amount_minor is None:
            return None
        return -abs(grown - other.amount_minor - own_minor[target.hour])

    return _best(eyes, fit)


def by_carry(eyes: Eyes) -> list[Claim]:
    """The one that, paid by the target alone, would leave what is carried."""

    def fit(target: Sight, other: Sight) -> float | None:
        left = eyes.carried.get((target.pool, target.hour), eyes.carried.get((None, target.hour)))
        if left is None or target.amount_minor is None or other.amount_minor is None:
            return None
        return -abs(target.amount_minor - other.amount_minor - left)

    return _best(eyes, fit)


def by_intersection(eyes: Eyes) -> list[Claim]:
    """The one that was there at the same hours so far, and at no others."""
    seen: dict[str, set[datetime]] = defaultdict(set)
    for sight in (*eyes.targets, *eyes.others):
        seen[sight.who].add(sight.hour)

    def alike(target: Sight, other: Sight) -> float | None:
        ours, theirs = ({hour for hour in seen[one.who] if hour <= target.hour} for one in (target, other))
        return len(ours & theirs) / len(ours | theirs) if len(ours) > 1 else None

    return _best(eyes, alike)


def by_flooding(eyes: Eyes) -> list[Claim]:
    """Any of those that are not its own: the fewer there are, the more often that is right."""
    if not eyes.own:
        return []
    return _best(eyes, lambda target, other: -float(abs(hash_of(other.who) - hash_of(target.who))))


JOINS: dict[str, Join] = {
    "amount": by_amount,
    "time": by_time,
    "order": by_order,
    "adjacency": by_adjacency,
    "words": by_words,
    "differencing": by_difference,
    "carry": by_carry,
    "flooding": by_flooding,
}
"""Those that look at one batch. Intersection looks at many, and is judged on its own."""


def hash_of(who: str) -> int:
    """A number of a name, always the same."""
    return int.from_bytes(who.encode()[-6:].rjust(6, b"\0"))


def _own_minor(eyes: Eyes) -> Counter[datetime]:
    """What the role itself has at each hour."""
    own: Counter[datetime] = Counter()
    for one in (*eyes.targets, *eyes.others):
        if one.who in eyes.own:
            own[one.hour] += one.amount_minor or 0
    return own


def _nearest(eyes: Eyes, value: Callable[[Sight], float | None]) -> list[Claim]:
    def near(target: Sight, other: Sight) -> float | None:
        one, two = value(target), value(other)
        return None if one is None or two is None else -abs(one - two)

    return _best(eyes, near)


def _best(eyes: Eyes, fit: Callable[[Sight, Sight], float | None]) -> list[Claim]:
    """For each target the one of its group that fits best, unless none fits at all."""
    groups, claims = _by_group(eyes.others), []
    for target in eyes.targets:
        fits = [
            (surety, other.who)
            for other in groups.get((target.pool, target.hour), ())
            if other.who not in eyes.own and (surety := fit(target, other)) is not None
        ]
        if fits:
            surety, named = max(fits)
            claims.append(Claim(target.who, target.hour, named, surety))
    return claims


def _ordered(sights: Iterable[Sight]) -> list[Sight]:
    return sorted((one for one in sights if one.place is not None), key=lambda one: one.place or 0)


def _by_group(sights: Iterable[Sight]) -> dict[Group, list[Sight]]:
    groups: dict[Group, list[Sight]] = defaultdict(list)
    for one in sights:
        groups[one.pool, one.hour].append(one)
    return groups
