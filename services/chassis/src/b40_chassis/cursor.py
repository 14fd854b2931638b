"""Where a copy stands in each partition: the offset it may take next, seeks, first positions (design 5.2).

Only a seek made inside the handler or the copy's own commit sets what is remembered; revocation forgets it.
"""

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError
from b40_contracts.topic import Start, Topic

from b40_chassis import positions
from b40_chassis.hears import Connection
from b40_chassis.membership import blind
from b40_chassis.positions import Partition
from b40_chassis.reaching import Kafka

log = structlog.get_logger()


class Offsets:
    """Looks up where logs begin and end, on a client of its own: on a consuming one a look-up waits for the fetch."""

    def __init__(self, kafka: Kafka, prefix: str, partitions: Collection[Partition]) -> None:
        self._kafka = kafka
        self._prefix = prefix
        self._partitions = partitions
        self._consumer: Any = None

    async def start(self) -> None:
        """Connect. All topics are assigned at once, and paused: one by one each would cost aiokafka some 100 ms."""
        consumer = AIOKafkaConsumer(**self._kafka.client(), enable_auto_commit=False)
        try:
            await consumer.start()
        except BaseException:
            await consumer.stop()
            raise
        self._consumer = consumer
        full = self._full(self._partitions)
        consumer.assign(full)
        consumer.pause(*full)

    async def stop(self) -> None:
        """Disconnect."""
        if self._consumer is not None:
            await self._consumer.stop()

    @property
    def ended(self) -> bool:
        """Whether it can look up nothing any more."""
        return self._consumer is not None and blind(self._consumer)

    async def ends(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The offset that the next record of each partition will get."""
        return self._bare(await self._consumer.end_offsets(self._full(partitions)))

    async def beginnings(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The offset of the oldest record of each partition."""
        return self._bare(await self._consumer.beginning_offsets(self._full(partitions)))

    async def at(self, partitions: Collection[Partition], time: datetime) -> dict[Partition, int]:
        """The offset of each partition's first record appended at a time or later; its end if there is none."""
        milliseconds = int(time.timestamp() * 1000)
        found = await self._consumer.offsets_for_times(dict.fromkeys(self._full(partitions), milliseconds))
        ends = await self.ends(partitions)
        return ends | self._bare({each: place.offset for each, place in found.items() if place is not None})

    def _full(self, partitions: Collection[Partition]) -> list[TopicPartition]:
        return [TopicPartition(self._prefix + topic, partition) for topic, partition in partitions]

    def _bare(self, offsets: Mapping[TopicPartition, int]) -> dict[Partition, int]:
        return {(each.topic.removeprefix(self._prefix), each.partition): offset for each, offset in offsets.items()}


class Cursor:
    """One hearing's place in its topics. ``in_flight`` is held while something that it heard is being taken."""

    def __init__(self, hearing: str, topics: Mapping[str, Topic], app: str, prefix: str, offsets: Offsets) -> None:
        self.hearing = hearing
        self.topics = topics
        self.prefix = prefix
        self.consumer: AIOKafkaConsumer | None = None
        self.remembered: dict[Partition, int] = {}
        self.assigned: set[Partition] = set()
        self.verified: set[Partition] = set()
        self.stopped: set[Partition] = set()
        self.subscribed = False
        self.prepared = False  # whether an assignment, be it of no partition, came and was prepared
        self.in_flight = asyncio.Lock()
        self.failures = 0  # batches in a row that the infrastructure failed
        self._app = app
        self._offsets = offsets

    @property
    def compacted(self) -> frozenset[str]:
        """Topics in which offsets may be missing."""
        return frozenset(name for name, topic in self.topics.items() if topic.is_state)

    def partitions(self) -> list[Partition]:
        """All partitions of the hearing's topics, as the catalogue has them."""
        return [(name, number) for name, topic in self.topics.items() for number in range(topic.partitions)]

    def forget(self, partitions: Collection[Partition]) -> None:
        """These partitions are no longer this copy's."""
        for each in partitions:
            self.remembered.pop(each, None)
            self.assigned.discard(each)
            self.verified.discard(each)
            self.stopped.discard(each)

    def seek(self, stored: Mapping[Partition, int], *, remember: bool) -> None:
        """Go to stored positions. A partition that was revoked meanwhile is left alone."""
        assert self.consumer is not None, "a cursor seeks only while its subscriber runs"
        for each, offset in stored.items():
            try:
                self.consumer.seek(TopicPartition(self.prefix + each[0], each[1]), offset)
            except IllegalStateError:
                self.remembered.pop(each, None)
                continue
            if remember:
                self.remembered[each] = offset

    def stop(self, partition: Partition, offset: int) -> None:
        """Read this partition no further; it must be verified anew before anything of it is taken."""
        assert self.consumer is not None, "a cursor stops a partition only while its subscriber runs"
        self.remembered.pop(partition, None)
        self.verified.discard(partition)
        full = TopicPartition(self.prefix + partition[0], partition[1])
        with contextlib.suppress(IllegalStateError):  # revoked meanwhile
            self.consumer.pause(full)
            self.consumer.seek(full, offset)
            self.stopped.add(partition)

    def go_on(self, partition: Partition, offset: int) -> None:
        """Read a stopped partition again. Its first batch is sought in the handler, as after an assignment."""
        assert self.consumer is not None, "a cursor goes on only while its subscriber runs"
        self.stopped.discard(partition)
        full = TopicPartition(self.prefix + partition[0], partition[1])
        with contextlib.suppress(IllegalStateError):  # revoked meanwhile
            self.consumer.seek(full, offset)
            self.consumer.resume(full)

    async def store_first(self, connection: Connection, partitions: Collection[Partition]) -> None:
        """Store where to begin for partitions that have no position: the log's beginning, or its end for from-now."""
        known = await positions.stored(connection, self.hearing)
        missing = [each for each in partitions if each not in known]
        if not missing:
            return
        from_now = [each for each in missing if self._starts(each) is Start.NOW]
        from_beginning = [each for each in missing if self._starts(each) is Start.BEGINNING]
        starts = await self._offsets.beginnings(from_beginning) | await self._offsets.ends(from_now)
        await positions.begin(connection, self.hearing, starts)
        log.info("first positions stored", hearing=self.hearing, partitions=len(starts))

    def _starts(self, partition: Partition) -> Start:
        consumer = self.topics[partition[0]].hears(self._app)
        assert consumer is not None, f"{self._app} is not a consumer of {partition[0]}"
        return consumer.start

    def bare(self, partitions: Collection[Any]) -> list[Partition]:
        """aiokafka's partitions without the environment's prefix."""
        return [(each.topic.removeprefix(self.prefix), each.partition) for each in partitions]
