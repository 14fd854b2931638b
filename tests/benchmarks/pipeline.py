"""Throughput: a topic is filled, a contender takes all of it, a reader sees the announcements."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks import events
from tests.benchmarks.contender import BOOKED, Begun, Contender
from tests.benchmarks.meter import Meter
from tests.benchmarks.reader import WARM_UP, Reader
from tests.benchmarks.site import Machine, Site
from tests.support.ledger.facts import BOOKS, INTAKE


class Wrong(Exception):
    """A contender that did something else than the work."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run showed. ``microseconds`` is CPU time per event, by process.

    Speed and CPU time are of what was seen after the warm-up; the cold speed is that from the first effect on.
    """

    events: int
    seconds: float
    per_second: float
    cold_per_second: float
    microseconds: Mapping[str, float] = field(default_factory=dict)
    megabytes_max: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Load:
    """How many events, with which ids, taken within which time; a statement runs on the database just before."""

    count: int
    ids: events.Ids = events.time_ordered
    seconds_max: float = 60
    before: str | None = None


async def measure(contender: Contender, machine: Machine, load: Load, template: str | None = None) -> Run:
    """One run of a contender. Raises Wrong, or TimeoutError if it takes too long."""
    async with Site(machine, template) as site:
        intake = site.prefix + INTAKE.name
        await asyncio.to_thread(
            events.Sender(site.kafka, linger=50).send_all, intake, events.transfers(load.count, load.ids)
        )
        if load.before is not None:
            await site.value(load.before)
        async with (
            Reader(site.kafka, site.prefix + BOOKS.name, BOOKS.partitions, load.count) as reader,
            contender.running(site) as started,
        ):
            meter = Meter({**started.processes, "reader": reader.pid, **machine.processes()})
            begun = await started.begun()
            async with meter.looking():
                await reader.warm(load.seconds_max)
                before = meter.seconds()
                seen = await reader.seen(load.seconds_max)
            spent = {name: seconds - before[name] for name, seconds in meter.seconds().items()}
            await _check(contender, site, load.count)
        return summary(begun, seen, spent, meter.megabytes_max)


async def _check(contender: Contender, site: Site, count: int) -> None:
    booked = await site.value(BOOKED)
    if booked not in (0, count):  # a contender without PostgreSQL has no books there
        raise Wrong(f"{contender.name} booked {booked} of {count} transfers")
    if booked and await site.value("SELECT sum(amount)::bigint FROM balance"):
        raise Wrong(f"the balances of {contender.name} do not add up to nothing")


def summary(
    begun: Begun, seen: Sequence[Sequence[Any]], spent: Mapping[str, float], megabytes_max: Mapping[str, float]
) -> Run:
    """What a run showed. A load so small that all was seen at once shows no speed."""
    end, count = seen[-1]
    warm, by_then = next((moment, so_far) for moment, so_far in seen if so_far >= WARM_UP * count)
    rest = count - by_then or 1
    return Run(
        events=count,
        seconds=end - begun.moment,
        per_second=rest / (end - warm) if end > warm else 0.0,
        cold_per_second=(count - begun.done) / (end - begun.moment),
        microseconds={name: seconds / rest * 1e6 for name, seconds in spent.items()},
        megabytes_max=megabytes_max,
    )
