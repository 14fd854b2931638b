"""When nothing is left to do: all that stands in the logs was taken, and what followed from it was said and done."""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from b40_chassis.reaching import Kafka
from b40_contracts.topic import Topic

from b40_infra.errors import Trouble
from b40_infra.local.asking import Asking

LOOK_SECONDS = 0.01
ANSWER_SECONDS_MAX = 10.0
TOLD_MAX = 4

Ends = Mapping[str, Mapping[int, int]]
"""Next offset that will be written, by topic and partition."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What an app still has to do, in words; empty if nothing."""

    app: str
    what: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.app}: {', '.join(self.what[:TOLD_MAX])}"


def unfinished(app: str, status: Mapping[str, Any], topics: Sequence[Topic], ends: Ends) -> Unfinished:
    """What an app still has to do, by its own word and the ends of the topics it hears.

    Events that wait for a key that has not come do not count, those whose key has come (``released``) do.
    """
    what = [] if status["ready"] else ["not ready"]
    what += [f"{name} {status[name]}" for name in ("outbox", "tasks", "released") if status[name]]
    for topic in topics:
        if topic.hears(app) is None:
            continue
        positions = status["positions"].get(topic.name, {})
        for partition, end in ends[topic.name].items():
            position = positions.get(str(partition))
            if position != end:
                what.append(f"{topic.name}[{partition}] at {position} of {end}")
    return Unfinished(app, tuple(what))


class Quiet:
    """Asks Kafka for the ends and every app for its status, on connections that it keeps."""

    def __init__(
        self,
        kafka: Kafka,
        operations: Mapping[str, str],
        topics: Sequence[Topic],
        prefix: str = "",
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        self._reach = kafka
        self._operations = operations
        self._topics = topics
        self._prefix = prefix
        self._partitions = [
            TopicPartition(prefix + topic.name, number) for topic in topics for number in range(topic.partitions)
        ]
        self._asking = {app: Asking(f"{url}/status", ANSWER_SECONDS_MAX, trusted) for app, url in operations.items()}
        self._kafka: AIOKafkaConsumer | None = None

    async def wait(self, seconds_max: float) -> None:
        """Return when all is quiet. Raises Trouble, saying who still has what to do, after ``seconds_max``."""
        deadline = time.monotonic() + seconds_max
        everybody = tuple(self._operations)
        asked = everybody
        while True:
            left = await self.look(asked)
            if not left and asked == everybody:
                return
            if left and time.monotonic() > deadline:
                raise Trouble(f"not quiet after {seconds_max:.0f} s: {'; '.join(map(str, left))}")
            busy = tuple(one.app for one in left if one.app in self._operations)
            asked = busy or everybody  # who works needs its time more than who is done needs to be asked
            await asyncio.sleep(LOOK_SECONDS if left else 0)

    async def look(self, apps: Sequence[str]) -> list[Unfinished]:
        """Which of these still has something to do; empty if none has and nothing came while they were asked."""
        before = await self._ends()
        if before is None:
            return [Unfinished("kafka", ("does not answer",))]
        statuses = await asyncio.gather(*(self._asking[app].ask() for app in apps))
        left = []
        for app, status in zip(apps, statuses, strict=True):
            if status is None:
                left.append(Unfinished(app, ("does not answer",)))
            elif (has := unfinished(app, status, self._topics, before)).what:
                left.append(has)
        if not left and await self._ends() != before:
            left.append(Unfinished("kafka", ("events came meanwhile",)))
        return left

    async def statuses(self) -> dict[str, dict[str, Any]]:
        """The status of every app. Raises Trouble naming one that does not answer."""
        statuses = await asyncio.gather(*(self._asking[app].ask() for app in self._operations))
        for app, status in zip(self._operations, statuses, strict=True):
            if status is None:
                raise Trouble(f"{app} does not answer at {self._operations[app]}/status")
        return {app: status for app, status in zip(self._operations, statuses, strict=True) if status is not None}

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.gather(*(asking.close() for asking in self._asking.values()))
        await self._forget_kafka()

    async def _ends(self) -> Ends | None:
        """The ends of all topics in one request; None while Kafka does not answer."""
        try:
            if self._kafka is None:
                self._kafka = AIOKafkaConsumer(**self._reach.client(), enable_auto_commit=False)
                await self._kafka.start()
                self._kafka.assign(self._partitions)  # or each topic's first look-up waits 100 ms for its metadata
                self._kafka.pause(*self._partitions)
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                found = await self._kafka.end_offsets(self._partitions)
        except (KafkaError, TimeoutError, OSError):
            await self._forget_kafka()
            return None
        ends: dict[str, dict[int, int]] = {}
        for partition, end in found.items():
            ends.setdefault(partition.topic.removeprefix(self._prefix), {})[partition.partition] = end
        return ends

    async def _forget_kafka(self) -> None:
        forgotten, self._kafka = self._kafka, None
        if forgotten is not None:
            await forgotten.stop()
