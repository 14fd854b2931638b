"""Kafka's clients as the chassis sees them, over the model's log: a consumer, look-ups, a producer."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaConnectionError
from aiokafka.structs import RecordMetadata

from tests.model.fate import Fate
from tests.model.log import Log
from tests.support.ledger.facts import INTAKE

Partition = tuple[str, int]


def full(partition: int) -> TopicPartition:
    """A partition of the intake topic."""
    return TopicPartition(INTAKE.name, partition)


class Consumer:
    """The consumer of one member: what it believes to have, and where it reads on."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self.positions: dict[int, int] = {}
        self.paused: set[int] = set()

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """Read on elsewhere."""
        self.positions[self._mine(partition)] = offset

    def pause(self, *partitions: TopicPartition) -> None:
        """Hand out nothing of these."""
        self.paused |= {self._mine(each) for each in partitions}

    def resume(self, *partitions: TopicPartition) -> None:
        """Hand out again."""
        self.paused -= {self._mine(each) for each in partitions}

    def assignment(self) -> set[TopicPartition]:
        """What it believes to have."""
        return {full(each) for each in self.positions}

    def hand_out(self, sizes: Mapping[int, int]) -> list[Any]:
        """The next records, at most so many of each partition. Reading on, it moves its own position.

        As aiokafka does it, a position outside of the log begins anew at the earliest record without a word.
        """
        records = []
        for partition in sorted(self.positions.keys() - self.paused):
            log = self._log.partitions[partition]
            if not log.begin <= self.positions[partition] <= log.end:
                self.positions[partition] = log.begin
            first = self.positions[partition]
            last = min(log.end, first + sizes.get(partition, 0))
            records += [log.raw(partition, offset) for offset in range(first, last)]
            self.positions[partition] = last
        return records

    def _mine(self, partition: TopicPartition) -> int:
        number: int = partition.partition
        if number not in self.positions:
            raise IllegalStateError(f"No current assignment for partition {partition}")
        return number


class Lookups:
    """Where the model's logs begin and end."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def beginnings(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The offset of the oldest record of each partition."""
        return {each: self._log.partitions[each[1]].begin for each in partitions}

    async def ends(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        """The offset that the next record of each partition will get."""
        return {each: self._log.partitions[each[1]].end for each in partitions}


class Sent:
    """All that ever reached the topics that the ledger announces on."""

    def __init__(self) -> None:
        self.records: list[tuple[str, bytes, bytes, dict[str, bytes]]] = []


class Parcel:
    """One batch of Kafka's on its way."""

    def __init__(self) -> None:
        self.records: list[tuple[bytes, bytes, dict[str, bytes]]] = []

    def append(
        self, *, timestamp: int | None, key: bytes, value: bytes, headers: Sequence[tuple[str, bytes]]
    ) -> int | None:
        """Add a record. Returns None if the batch is full: then it has two."""
        if len(self.records) == 2:
            return None
        self.records.append((key, value, dict(headers)))
        return len(self.records)


class Producer:
    """A producer whose sends may fail before the broker took them, or after it did and before that was known."""

    def __init__(self, sent: Sent, fate: Fate) -> None:
        self._sent = sent
        self._fate = fate

    async def start(self) -> None:
        """Connect."""

    async def stop(self) -> None:
        """Disconnect."""

    async def partitions_for(self, topic: str) -> set[int]:
        """Announcements are all in one partition."""
        return {0}

    def create_batch(self) -> Parcel:
        """A batch to be filled."""
        return Parcel()

    async def send_batch(self, parcel: Parcel, topic: str, *, partition: int) -> "asyncio.Future[RecordMetadata]":
        """Send a batch; the future is its acknowledgement."""
        await self._fate.act()
        answer: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        offset = len(self._sent.records)
        if self._fate.refuses_before():
            answer.set_exception(KafkaConnectionError("the broker went away"))
            return answer
        self._sent.records += [(topic, *record) for record in parcel.records]
        if self._fate.refuses_after():
            answer.set_exception(KafkaConnectionError("the broker went away"))
        else:
            answer.set_result(RecordMetadata(topic, 0, TopicPartition(topic, 0), offset, None, 1, 0))
        return answer
