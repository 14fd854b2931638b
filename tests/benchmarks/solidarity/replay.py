"""The replay: period by period what came is written on the intakes, the batch hour comes, billers answer."""

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.benchmarks.latency import quantile
from tests.benchmarks.meter import Meter
from tests.benchmarks.site import Machine
from tests.benchmarks.solidarity import facts
from tests.benchmarks.solidarity.billers import Billers
from tests.benchmarks.solidarity.books import check
from tests.benchmarks.solidarity.facts import Fact
from tests.benchmarks.solidarity.history import History, Period, Wanted
from tests.benchmarks.solidarity.published import LAUNCH
from tests.benchmarks.solidarity.site import REGISTRY, Site
from tests.benchmarks.solidarity.watching import INTAKES, Reading, Watcher
from tests.registry.given import ISTANBUL

REPLAY = "replay"
YEAR = timedelta(days=365.25)
DRAINED_HOURS = 3
"""Batch hours after the last period, in which what is left is ordered, settled and recorded."""


@dataclass(slots=True)
class Year:
    """What a year took, ``prepared`` of its seconds to make the facts."""

    number: int
    supports: int = 0
    facts: int = 0
    seconds: float = 0.0
    prepared: float = 0.0
    reading: Reading = field(default_factory=Reading)
    spent: dict[str, float] = field(default_factory=dict)

    @property
    def per_second(self) -> float:
        """Facts a second, all in all but for the making of them."""
        return self.facts / (self.seconds - self.prepared)

    @property
    def microseconds(self) -> dict[str, float]:
        """CPU time per fact, by process."""
        return {name: seconds / self.facts * 1e6 for name, seconds in self.spent.items()}


@dataclass(slots=True)
class Replayed:
    """What a replay showed."""

    wanted: Wanted
    years: list[Year]
    supports: int
    waited_days: Mapping[str, float]
    billers_microseconds: float
    megabytes_max: Mapping[str, float]
    end: Mapping[str, Any]


async def begin(site: Site, wanted: Wanted, history: History) -> None:
    """The city is admitted, its policy holds, the billers' keys are known; then the registry is not needed any more."""
    since = LAUNCH - timedelta(days=3)
    site.tick(since)
    site.report(Fact(ISTANBUL, "istanbul", facts.CITY_SOURCE, since))
    first = facts.policy(history.amounts[LAUNCH.year], wanted.every, LAUNCH)
    site.publish(site.pack([first, *facts.billers(since)]))
    await site.quiet()
    await site.end(REGISTRY)


async def replay(machine: Machine, wanted: Wanted, tell: Callable[[str], None]) -> Replayed:
    """Replay it all. Raises Wrong if it did not come out right."""
    history = History(wanted)
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(Site(machine))
        await begin(site, wanted, history)
        run = Run(site, await stack.enter_async_context(Billers(site)), tell)
        await stack.enter_async_context(run.meter.looking())
        await stack.enter_async_context(run.watcher.watching())
        for period in history.periods():
            await run.pass_period(period, wanted.every)
        await run.drain(wanted)
        return Replayed(
            wanted=wanted,
            years=run.years,
            supports=history.supports,
            waited_days=waits(list(run.billers.waited.days.values())),
            billers_microseconds=run.billers.seconds / max(run.billers.lines, 1) * 1e6,
            megabytes_max=run.meter.megabytes_max,
            end=await check(site, history.supports),
        )


class Run:
    """A replay on its way."""

    def __init__(self, site: Site, billers: Billers, tell: Callable[[str], None]) -> None:
        self.billers = billers
        self.meter = Meter({**site.processes(), REPLAY: os.getpid()})
        self.watcher = Watcher(site)
        self.years: list[Year] = []
        self._site = site
        self._tell = tell
        self._answers: list[Fact] = []

    async def pass_period(self, period: Period, every: int) -> None:
        """What came since the last batch hour, with the answers of billers, then the hour itself."""
        year = self._year(period.hour)
        begun, spent = time.monotonic(), self._spent()
        needs, gifts = facts.reported(period)
        new = [facts.policy(period.raised[1], every, period.raised[0])] if period.raised else []
        records = self._site.pack([*new, *self._answers, *needs, *gifts])
        self.billers.waited.ask(period.asked)
        year.prepared += time.monotonic() - begun
        self._site.publish(records)
        await self._site.quiet()
        await self._close(period.hour)
        year.facts += len(records)
        year.supports += len(period.asked)
        year.seconds += time.monotonic() - begun
        for name, seconds in self._spent().items():
            year.spent[name] = year.spent.get(name, 0.0) + seconds - spent[name]

    async def drain(self, wanted: Wanted) -> None:
        """Further batch hours, to which nothing comes but answers; they are not counted."""
        self.watcher.now = Reading()
        last = wanted.hours[-1]
        for number in range(1, DRAINED_HOURS + 1):
            await self._answer()
            await self._close(last + timedelta(days=number * wanted.every))
        await self._answer()
        self._told()

    async def _answer(self) -> None:
        """Billers answer, and nothing else comes."""
        self._site.publish(self._site.pack(self._answers))
        await self._site.quiet()

    async def _close(self, hour: datetime) -> None:
        self._site.tick(hour)
        await self._site.quiet()
        self._answers = await self.billers.answers(hour)

    def _spent(self) -> dict[str, float]:
        """CPU seconds so far; of the replay its own alone, although all others are its children."""
        return {**self.meter.seconds(), REPLAY: time.process_time()}

    def _year(self, hour: datetime) -> Year:
        number = (hour - LAUNCH) // YEAR + 1
        if not self.years or self.years[-1].number != number:
            self._told()
            self.years.append(Year(number))
            self.watcher.now = self.years[-1].reading
        return self.years[-1]

    def _told(self) -> None:
        if self.years:
            year = self.years[-1]
            apart = ", ".join(f"{app} {year.reading.per_second_of(app):,.0f}" for app in INTAKES)
            self._tell(
                f"year {year.number}: {year.supports:,} supports, {year.facts:,} facts in {year.seconds:.0f} s;"
                f" {year.reading.per_second:,.0f} facts/s while intake waited ({apart}), {year.per_second:,.0f} in all"
            )


def waits(days: list[float]) -> dict[str, float]:
    """How long needs waited until they were ordered whole, in the replay's own days."""
    ordered = sorted(days)
    if not ordered:
        return {}
    return {"median": quantile(ordered, 0.5), "p99": quantile(ordered, 0.99), "max": ordered[-1]}
