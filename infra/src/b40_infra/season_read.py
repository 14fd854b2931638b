"""Reading back what came out of a season: the announced topics from their beginning, as any integrator may."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from b40_chassis.reaching import Kafka
from b40_contracts import catalogue
from b40_contracts.cloudevents import from_kafka, read
from b40_contracts.event import Event
from b40_contracts.topic import Kind, Topic

from b40_infra.errors import Trouble

E = TypeVar("E", bound=Event)

READING_SECONDS_MAX = 30.0
ANNOUNCED_KINDS = (Kind.FACTS, Kind.STATE, Kind.REFUSALS)
KAFKA_ID_HEADERS = ("ce_source", "ce_id")


@dataclass(frozen=True, slots=True)
class Announced:
    """A record of an announced topic. ``event`` is None if it is sealed, and so not for us, or a tombstone."""

    topic: Topic
    source: str
    id: str
    event: Event | None
    content: bytes = b""


class Announcements:
    """Everything announced, in log order per partition, each id once.

    ``doubled`` is what stood there again, and ``altered`` what of it had other content.
    """

    def __init__(self, records: Sequence[Announced]) -> None:
        self.count = 0
        self.doubled: list[Announced] = []
        self.altered: list[Announced] = []
        self.by_topic: dict[str, list[Announced]] = defaultdict(list)
        seen: dict[tuple[str, str, str], bytes] = {}
        for record in records:
            identity = (record.topic.name, record.source, record.id)
            if identity in seen:
                self.doubled.append(record)
                if seen[identity] != record.content:
                    self.altered.append(record)
                continue
            seen[identity] = record.content
            self.by_topic[record.topic.name].append(record)
            self.count += not record.topic.is_state

    def of(self, event: type[E]) -> list[E]:
        """All events of a type."""
        return [
            record.event for records in self.by_topic.values() for record in records if isinstance(record.event, event)
        ]

    def refused(self) -> int:
        """How many records stand on refusals topics, the sealed ones included."""
        return sum(len(found) for name, found in self.by_topic.items() if catalogue.topic(name).kind is Kind.REFUSALS)


async def announcements(reader: Callable[[Topic], Kafka]) -> Announcements:
    """All that stands on the announced topics now. Raises Trouble if Kafka does not hand it over in 30 seconds."""
    by_reader: dict[Kafka, list[Topic]] = defaultdict(list)
    for topic in catalogue.TOPICS:
        if topic.kind in ANNOUNCED_KINDS and topic.producer != catalogue.CLOCK:
            by_reader[reader(topic)].append(topic)
    records = []
    try:
        async with asyncio.timeout(READING_SECONDS_MAX):
            for kafka, topics in by_reader.items():
                async with AIOKafkaConsumer(
                    **kafka.client(), auto_offset_reset="earliest", enable_auto_commit=False
                ) as consumer:
                    records += await _all_records(consumer, topics)
    except TimeoutError:
        raise Trouble(f"Kafka did not hand over the announcements within {READING_SECONDS_MAX:.0f} s") from None
    records.sort(key=lambda record: (record.topic, record.partition, record.offset))
    types = catalogue.types()
    return Announcements([_announced(record, types) for record in records])


async def _all_records(
    consumer: AIOKafkaConsumer, topics: Sequence[Topic]
) -> list[ConsumerRecord[bytes | None, bytes | None]]:
    partitions = [TopicPartition(topic.name, number) for topic in topics for number in range(topic.partitions)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends = await consumer.end_offsets(partitions)
    open_ = {partition for partition, end in ends.items() if end > 0}
    records = []
    while open_:
        for found in (await consumer.getmany(*open_, timeout_ms=200)).values():
            records += found
        open_ = {partition for partition in open_ if await consumer.position(partition) < ends[partition]}
    return records


def _announced(record: "ConsumerRecord[bytes | None, bytes | None]", types: Mapping[str, type[Event]]) -> Announced:
    topic = catalogue.topic(record.topic)
    source, id_ = (dict(record.headers)[name].decode() for name in KAFKA_ID_HEADERS)
    event = None
    if not topic.sealed and record.value is not None:
        event = read(from_kafka(record.key, record.value, record.headers), types)
    return Announced(topic, source, id_, event, record.value or b"")
