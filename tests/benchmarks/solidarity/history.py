"""The generator: what happened between two batch hours, the same for the same seed, without any of the service's words.

``share`` scales how many supports there are on a day. Amounts follow the published sums all the way:
each bill is drawn from a log-normal distribution about what a bill came to by then, and what the draws are off by
is made up for by the next ones.
"""

import itertools
import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from b40_contracts.solidarity import SupportKind

from tests.benchmarks.solidarity import published
from tests.benchmarks.solidarity.published import LAUNCH, PACKAGES, Package

DENOMINATIONS = (5_000, 10_000, 20_000, 50_000, 100_000)
OFTEN = (20, 35, 25, 15, 5)
"""What is given, and how often of a hundred (assumed)."""

SPREAD = 0.6
BILL_MIN_MINOR, BILL_MAX_MINOR = 1_000, 400_000
MADE_UP_FOR_BY = 20
"""Bills over which a difference from the published sum is made up for."""

BATCH_HOUR = 18
ASKS_AGAIN = 0.4
ASKS_MOST = 3
ATTESTED = timedelta(days=300)
REMEMBERED_MAX = 5_000
EARLY = 0.05
"""Which share of the bills comes before the household's attestation (assumed, as is who asks again and how often)."""

PAYERS = 100_000
RAISE = 1.2
"""By how much packages are raised from year to year (assumed)."""

BILL_KINDS = (SupportKind.WATER_BILL, SupportKind.GAS_BILL)


class Asked(NamedTuple):
    """A support is asked for by a household, which is attested now if ``attested`` says when."""

    number: int
    household: int
    kind: SupportKind
    amount_minor: int
    at: datetime
    attested: datetime | None


class Given(NamedTuple):
    """A gift."""

    number: int
    payer: int
    kind: SupportKind
    amount_minor: int
    at: datetime


class Period(NamedTuple):
    """What came until a batch hour, since the one before; ``raised`` are new amounts of packages, and from when on."""

    hour: datetime
    asked: Sequence[Asked]
    given: Sequence[Given]
    raised: tuple[datetime, dict[SupportKind, int]] | None


@dataclass(slots=True)
class Wanted:
    """How much is replayed: a share of each day's supports, so many days, a batch hour each so many days."""

    share: float = 1.0
    days: float = published.END
    every: int = 7
    seed: int = 2020

    @property
    def hours(self) -> list[datetime]:
        """The batch hours; one lies after the last day."""
        count = math.ceil((self.days - BATCH_HOUR / 24) / self.every) + 1
        first = LAUNCH + timedelta(hours=BATCH_HOUR)
        return [first + timedelta(days=self.every * number) for number in range(count)]


@dataclass(slots=True)
class History:
    """Makes one period after the other."""

    wanted: Wanted
    chance: Random = field(init=False)
    asked: dict[SupportKind | None, int] = field(default_factory=dict)
    given_minor: dict[SupportKind, int] = field(default_factory=dict)
    bills_minor: int = 0
    supports: int = 0
    gifts: int = 0
    households: int = 0
    known: dict[SupportKind, deque[tuple[int, datetime, int]]] = field(default_factory=dict)
    amounts: dict[int, dict[SupportKind, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.chance = Random(self.wanted.seed)
        years = range(LAUNCH.year, LAUNCH.year + 7)
        self.amounts = {year: {package.kind: amount_in(package, year) for package in PACKAGES} for year in years}

    def periods(self) -> Iterator[Period]:
        """All of it."""
        begins, raised_to = 0.0, LAUNCH.year
        for hour in self.wanted.hours:
            ends = min((hour - LAUNCH) / timedelta(days=1), self.wanted.days)
            next_year = (hour + timedelta(days=2 * self.wanted.every)).year
            raised = None
            if next_year > raised_to:
                raised, raised_to = (year_begins(next_year), self.amounts[next_year]), next_year
            yield self._period(begins, ends, hour, raised)
            begins = ends

    def _period(
        self, begins: float, ends: float, hour: datetime, raised: tuple[datetime, dict[SupportKind, int]] | None
    ) -> Period:
        asked = self._bills(begins, ends)
        given = self._gifts_for_bills(begins, ends)
        for package in PACKAGES:
            asked += self._packages(package, begins, ends)
            given += self._gifts(package.kind, self._sum_of(package, ends), begins, ends)
        return Period(hour, sorted(asked, key=lambda one: one.at), sorted(given, key=lambda one: one.at), raised)

    def _bills(self, begins: float, ends: float) -> list[Asked]:
        bills = []
        for since, until in straight(begins, ends):
            for moment in self._moments(None, published.bills_asked(until), since, until):
                self.asked[None] = self.asked.get(None, 0) + 1
                bills.append(self._asks(self.chance.choice(BILL_KINDS), self._bill_minor(), moment))
        return bills

    def _packages(self, package: Package, begins: float, ends: float) -> list[Asked]:
        asked = []
        for moment in self._moments(package.kind, package.given(ends), max(begins, package.begins), ends):
            self.asked[package.kind] = self.asked.get(package.kind, 0) + 1
            asked.append(self._asks(package.kind, self.amounts[moment.year][package.kind], moment))
        return asked

    def _moments(self, kind: SupportKind | None, until: float, begins: float, ends: float) -> list[datetime]:
        """When those of a kind come that are missing yet: spread evenly."""
        missing = round(until * self.wanted.share) - self.asked.get(kind, 0)
        return sorted(self._moment(begins, ends) for _ in range(missing))

    def _moment(self, begins: float, ends: float) -> datetime:
        return LAUNCH + timedelta(seconds=int((begins + (ends - begins) * self.chance.random()) * 86_400))

    def _bill_minor(self) -> int:
        """The next bill: drawn, and changed by a little of what all so far differ from the published sum."""
        nth, share = self.asked[None], self.wanted.share
        mean = published.bills_sum(nth / share) - published.bills_sum((nth - 1) / share)
        owed = published.bills_sum(nth / share) * share - self.bills_minor - mean * share
        drawn = self.chance.lognormvariate(math.log(mean * share) - SPREAD**2 / 2, SPREAD)
        amount_minor = min(max(round(drawn + owed / MADE_UP_FOR_BY), BILL_MIN_MINOR), BILL_MAX_MINOR)
        self.bills_minor += amount_minor
        return amount_minor

    def _asks(self, kind: SupportKind, amount_minor: int, moment: datetime) -> Asked:
        """A household that is known asks again, or another one is attested first, or too late."""
        self.supports += 1
        known = self.known.setdefault(kind, deque(maxlen=REMEMBERED_MAX))
        if known and self.chance.random() < ASKS_AGAIN:
            household, attested, times = known.popleft()
            if moment - attested < ATTESTED:
                if times + 1 < ASKS_MOST:
                    known.append((household, attested, times + 1))
                return Asked(self.supports, household, kind, amount_minor, moment, None)
        self.households += 1
        is_early = self.chance.random() < EARLY
        attested = moment + timedelta(seconds=1) * (1 if is_early else -60)
        if not is_early:
            known.append((self.households, attested, 1))
        return Asked(self.supports, self.households, kind, amount_minor, moment, attested)

    def _gifts_for_bills(self, begins: float, ends: float) -> list[Given]:
        """As much as was paid by then, half of it for water, half for gas."""
        given = []
        for since, until in straight(begins, ends):
            until_minor = published.bills_sum(published.at(published.BILLS_PAID, until)) * self.wanted.share
            for kind in BILL_KINDS:
                given += self._gifts(kind, until_minor / len(BILL_KINDS), since, until)
        return given

    def _sum_of(self, package: Package, day: float) -> float:
        """What all packages of a kind come to that were asked for by a day."""
        total, since = 0.0, 0.0
        for year in sorted(self.amounts):
            until = min(day, (year_begins(year + 1) - LAUNCH) / timedelta(days=1))
            if until > since:
                total += (package.given(until) - package.given(since)) * self.amounts[year][package.kind]
                since = until
        return total * self.wanted.share

    def _gifts(self, kind: SupportKind, until_minor: float, begins: float, ends: float) -> list[Given]:
        """Gifts until all that was ever given for a kind has come to so much."""
        given = []
        while self.given_minor.get(kind, 0) < until_minor:
            (amount_minor,) = self.chance.choices(DENOMINATIONS, OFTEN)
            self.given_minor[kind] = self.given_minor.get(kind, 0) + amount_minor
            self.gifts += 1
            payer, moment = self.chance.randrange(PAYERS), self._moment(begins, ends)
            given.append(Given(self.gifts, payer, kind, amount_minor, moment))
        return given


def straight(begins: float, ends: float) -> list[tuple[float, float]]:
    """The parts of a time within which the curve of bills is straight."""
    days = sorted({begins, ends, *(day for day, _ in published.BILLS_PAID if begins < day < ends)})
    return list(itertools.pairwise(days))


def year_begins(year: int) -> datetime:
    """The first moment of a calendar year, or the launch if that came later."""
    return max(LAUNCH.replace(year=year, month=1, day=1), LAUNCH)


def amount_in(package: Package, year: int) -> int:
    """What a package comes to in a calendar year: raised each year, such that all came to what was published."""
    counts = {one: _count_in(package, one) for one in range(LAUNCH.year, LAUNCH.year + 6)}
    weights = sum(count * RAISE ** (one - LAUNCH.year) for one, count in counts.items())
    return round(package.sum_minor / weights * RAISE ** (year - LAUNCH.year))


def _count_in(package: Package, year: int) -> float:
    begins, ends = ((year_begins(one) - LAUNCH) / timedelta(days=1) for one in (year, year + 1))
    return package.given(ends) - package.given(begins)
