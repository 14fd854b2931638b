"""A made-up summer of a few cities' pools: who asks, who gives, and which payer gives when one household asks.

Truth, the bonds, is known to this generator and to the judge alone. A bonded payer gives in the very weeks in which its
household asks, at any moment of these; in ``hasty`` pools within the hour, which no service can hide from who sees both
come in.
"""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

FIRST_HOUR = datetime(2022, 7, 8, 18, tzinfo=UTC)
"""Batches close on Fridays at 18:00; what comes from Monday to Friday noon is in time for the next."""
WEEK = timedelta(days=7)
WINDOW_HOURS = 108
DENOMINATIONS = (5_000, 10_000, 20_000, 50_000)
BILL_MEAN_MINOR, BILL_SIGMA = 21_945, 0.6
"""Bills are 219.45 on average, as Istanbul published of five years, and log-normal."""
BILLERS = {"water-bill": ("iski", "aski"), "gas-bill": ("igdas", "egaz")}


class Shape(NamedTuple):
    """How many a pool has: pairs that are bonded, of which so many are there in a week; others; the attacker's own."""

    pairs: int
    present: int
    lone_payers: int
    lone_households: int
    own_payers: int = 0
    own_households: int = 0
    thin: bool = False
    hasty: bool = False


SMALLEST = Shape(14, 7, 2, 0)
FLOODED = Shape(10, 5, 0, 0, own_payers=4, own_households=2)
MIDDLE = Shape(22, 11, 2, 1)
HASTY = Shape(18, 9, 0, 0, hasty=True)
LARGER = Shape(36, 18, 3, 2)
FEW_HOUSEHOLDS = Shape(12, 4, 8, 0, thin=True)
FEW_PAYERS = Shape(12, 4, 0, 8, thin=True)
"""Every other week too few come on one side, with several gifts or bills each, some urgent: no batch may close."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool and who belongs to it. ``bonds`` names the household of each bonded payer."""

    city: str
    kind: str
    currency: str
    shape: Shape
    bonds: dict[str, str]
    lone_payers: tuple[str, ...]
    lone_households: tuple[str, ...]
    own_payers: tuple[str, ...]
    own_households: tuple[str, ...]

    @property
    def name(self) -> str:
        """As the matcher calls it."""
        return f"{self.city}~{self.kind}~{self.currency}"

    @property
    def payers(self) -> tuple[str, ...]:
        """All who give in it."""
        return (*self.bonds, *self.lone_payers, *self.own_payers)

    @property
    def households(self) -> tuple[str, ...]:
        """All who ask in it."""
        return (*self.bonds.values(), *self.lone_households, *self.own_households)


class Asked(NamedTuple):
    """A household asks."""

    household: str
    pool: Pool
    amount_minor: int
    biller: str
    at: datetime
    urgent: bool
    number: str


class Given(NamedTuple):
    """A payer gives; it would give exactly what its household's bill comes to, if it might."""

    payer: str
    pool: Pool
    wish_minor: int
    amount_minor: int
    at: datetime
    number: str


@dataclass(slots=True)
class Summer:
    """All that happens, week by week."""

    pools: list[Pool]
    weeks: list[tuple[list[Asked], list[Given]]] = field(default_factory=list)

    @property
    def hours(self) -> list[datetime]:
        """The batch hours."""
        return [FIRST_HOUR + number * WEEK for number in range(len(self.weeks))]


def summer(seed: int, weeks: int, shapes: dict[tuple[str, str, str], Shape]) -> Summer:
    """So many weeks of pools of these shapes, the same for the same seed."""
    chance = Random(seed)
    made = Summer([_pool(chance, *where, shape) for where, shape in shapes.items()])
    balance = dict.fromkeys((pool.name for pool in made.pools), 0)
    for week in range(weeks):
        asked: list[Asked] = []
        given: list[Given] = []
        for pool in made.pools:
            some_asked, some_given = _week(chance, pool, week, balance)
            asked += some_asked
            given += some_given
        made.weeks.append((asked, given))
    return made


def _pool(chance: Random, city: str, kind: str, currency: str, shape: Shape) -> Pool:
    def names(count: int) -> tuple[str, ...]:
        return tuple(f"{chance.getrandbits(64):016x}" for _ in range(count))

    bonds = dict(zip(names(shape.pairs), names(shape.pairs), strict=True))
    return Pool(
        city,
        kind,
        currency,
        shape,
        bonds,
        names(shape.lone_payers),
        names(shape.lone_households),
        names(shape.own_payers),
        names(shape.own_households),
    )


def _week(chance: Random, pool: Pool, week: int, balance: dict[str, int]) -> tuple[list[Asked], list[Given]]:
    thin = pool.shape.thin and week % 2 == 0
    pairs = chance.sample(sorted(pool.bonds), pool.shape.present if thin or not pool.shape.thin else pool.shape.pairs)
    opens = FIRST_HOUR + week * WEEK - timedelta(hours=WINDOW_HOURS)
    asked = [
        Asked(
            household=who,
            pool=pool,
            amount_minor=bill_minor(chance),
            biller=chance.choice(BILLERS[pool.kind]),
            at=_moment(chance, opens),
            urgent=thin and number == 0,
            number=f"{week}",
        )
        for number, who in enumerate(
            (*(pool.bonds[payer] for payer in pairs), *pool.lone_households, *pool.own_households)
        )
    ]
    if thin and not pool.shape.lone_households:
        asked += [one._replace(amount_minor=bill_minor(chance), number=f"{week} more") for one in asked]
    wishes = {one.household: one for one in asked}
    payers = [*pairs, *pool.lone_payers, *pool.own_payers]
    given = [_given(chance, payer, pool, wishes, opens, week) for payer in payers]
    if thin and not pool.shape.lone_payers:
        given += [one._replace(number=f"{week} {again}") for one in given for again in ("more", "most")]
    balance[pool.name] -= sum(one.amount_minor for one in asked)
    given = _enough(chance, given, balance[pool.name])
    balance[pool.name] += sum(one.amount_minor for one in given)
    return asked, given


def _given(chance: Random, payer: str, pool: Pool, wishes: dict[str, Asked], opens: datetime, week: int) -> Given:
    wish = wishes.get(pool.bonds.get(payer, ""))
    at = _moment(chance, opens)
    if wish is not None and pool.shape.hasty:
        at = wish.at + timedelta(minutes=chance.randint(1, 50))
    wish_minor = wish.amount_minor if wish else bill_minor(chance)
    return Given(payer, pool, wish_minor, chance.choice(DENOMINATIONS[1:]), at, f"{week}")


def _enough(chance: Random, given: list[Given], balance_minor: int) -> list[Given]:
    """Their amounts changed, one by chance after the other, until they are just enough for what was asked so far."""
    made = list(given)
    while True:
        left = balance_minor + sum(one.amount_minor for one in made)
        at = chance.randrange(len(made))
        place = DENOMINATIONS.index(made[at].amount_minor)
        if left < DENOMINATIONS[0] and place + 1 < len(DENOMINATIONS):
            made[at] = made[at]._replace(amount_minor=DENOMINATIONS[place + 1])
        elif left > DENOMINATIONS[-1] and place > 0:
            made[at] = made[at]._replace(amount_minor=DENOMINATIONS[place - 1])
        elif DENOMINATIONS[0] <= left <= DENOMINATIONS[-1] or all(
            one.amount_minor in (DENOMINATIONS[0] if left > 0 else DENOMINATIONS[-1],) for one in made
        ):
            return made


def bill_minor(chance: Random) -> int:
    """What a bill comes to: to the minor unit, as bills do."""
    middle = math.log(BILL_MEAN_MINOR) - BILL_SIGMA**2 / 2
    return min(max(round(chance.lognormvariate(middle, BILL_SIGMA)), 4_000), 48_000)


def _moment(chance: Random, opens: datetime) -> datetime:
    return opens + timedelta(seconds=chance.randrange((WINDOW_HOURS - 4) * 3_600))
