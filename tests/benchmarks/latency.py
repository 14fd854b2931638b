"""Latency: events come at a steady rate; for each, from its sending to its announcement being seen."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import events
from tests.benchmarks.contender import Contender
from tests.benchmarks.reader import Reader
from tests.benchmarks.site import Machine, Site
from tests.support.ledger.facts import BOOKS, INTAKE

WARM_UP_SECONDS = 3
AFTER_SECONDS_MAX = 20


@dataclass(frozen=True, slots=True)
class Pace:
    """So many events a second, for so many seconds."""

    per_second: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from sending to seeing."""

    p50: float
    p99: float
    most: float


async def measure_latency(contender: Contender, machine: Machine, pace: Pace) -> Latency:
    """One run. Raises TimeoutError if the contender cannot hold the pace."""
    uncounted = 1 + WARM_UP_SECONDS * pace.per_second
    count = uncounted + pace.seconds * pace.per_second
    async with Site(machine) as site:
        sender, topic = events.Sender(site.kafka, linger=0), site.prefix + INTAKE.name
        async with (
            Reader(site.kafka, site.prefix + BOOKS.name, BOOKS.partitions, count, "each") as reader,
            contender.running(site) as started,
        ):
            sender.send_all(topic, events.transfers(1))
            await started.begun()
            sent = await asyncio.to_thread(_send_paced, sender, topic, count, pace.per_second)
            seen = await reader.seen(AFTER_SECONDS_MAX)
    return latency(sent, seen, uncounted)


def _send_paced(sender: events.Sender, topic: str, count: int, per_second: int) -> list[float]:
    """Send all but the first. Returns the moment of each."""
    begun = time.monotonic()
    sent = [begun]
    for number, record in enumerate(events.transfers(count - 1, begin=1), 1):
        time.sleep(max(0.0, begun + number / per_second - time.monotonic()))
        sent.append(time.monotonic())
        sender.send(topic, record)
        sender.serve()
    sender.finish()
    return sent


def latency(sent: Sequence[float], seen: Sequence[Sequence[Any]], uncounted: int) -> Latency:
    """The distribution over all but the first events."""
    moments = {events.number_of(account, number): moment for moment, account, number in reversed(seen)}
    took = sorted((moments[number] - sent[number]) * 1_000 for number in range(uncounted, len(sent)))
    return Latency(quantile(took, 0.5), quantile(took, 0.99), took[-1])


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values do not exceed."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
