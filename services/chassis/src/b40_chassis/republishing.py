"""Publishing again what a broker lost: the archive is compared with the log, record by record (design 5.7).

Lost is a record where the log ended before it, or another stands in its place; not one that retention or compaction
removed. Its copy goes into the outbox under the same id, in the archive's order, and the relay sends it; the lost one
then stands nowhere, so that doing it twice sends nothing twice. The whole log is read: integrators write on an intake
as well, so that after a loss lost and sound records may take turns in it. States older than the archive are not in it.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from b40_contracts.topic import Topic
from fastapi import FastAPI
from pydantic import BaseModel, Field

from b40_chassis import outbox
from b40_chassis.database import session
from b40_chassis.frame import Frame
from b40_chassis.outbox import Archived
from b40_chassis.packing import Packed, headers_of
from b40_chassis.problems import Problem
from b40_chassis.record import Place
from b40_chassis.writing import hand_over

if TYPE_CHECKING:
    from b40_chassis.service import Service

REPUBLISH_LOCK = 0xB40_0003
READ_SECONDS_MAX = 60.0
"""How long the records of one partition, for a few rows of the archive, may take."""
Content = tuple[bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]
"""Key, value and headers of a record."""


class Wanted(BaseModel):
    """What to compare, and whether to publish."""

    topic: str | None = Field(default=None, description="Only this topic; all that the app publishes by default.")
    dry_run: bool = Field(default=False, description="Only count.")


@dataclass(slots=True)
class Counts:
    """Of one topic: how many archived records were compared, are lost, or stand nobody knows where."""

    compared: int = 0
    lost: int = 0
    unknown: int = 0


class Busy(Exception):
    """Somebody republishes already."""


def add(routes: FastAPI, service: "Service") -> None:
    """Add the route of the archive."""

    @routes.post("/archive/republish")
    async def republished(wanted: Wanted) -> dict[str, Any]:
        """Publish again what the log should hold and does not; counts per topic."""
        topics = published(service.frame)
        if wanted.topic is not None and wanted.topic not in topics:
            raise Problem(404, "Unknown topic", f"this app publishes {', '.join(sorted(topics))}", "topic")
        chosen = {name: topic for name, topic in topics.items() if wanted.topic in (None, name)}
        try:
            counts = await republish(service.frame, chosen, dry_run=wanted.dry_run)
        except Busy as error:
            raise Problem(409, "Not republished", str(error)) from error
        except (KafkaError, TimeoutError) as error:
            raise Problem(
                503, "Not republished", f"Kafka does not tell what it holds: {type(error).__name__}"
            ) from error
        return {"dry_run": wanted.dry_run, "topics": {name: asdict(each) for name, each in sorted(counts.items())}}


def published(frame: Frame) -> dict[str, Topic]:
    """The topics that an app's relay sends to: those that it produces, and its intakes (what came by HTTPS)."""
    said = {topic.name: topic for topic in frame.application.topics if topic.producer == frame.application.name}
    return said | dict(frame.intakes)


async def republish(frame: Frame, topics: Mapping[str, Topic], *, dry_run: bool) -> dict[str, Counts]:
    """Compare the archive with the log and give what is lost to the relay. Raises Busy."""
    counts = {name: Counts() for name in topics}
    async with session(frame.pool) as holder, reading_consumer(frame) as consumer:
        if not await holder.fetchval("SELECT pg_try_advisory_lock($1)", REPUBLISH_LOCK):
            raise Busy("somebody republishes already")
        last = await holder.fetchval("SELECT coalesce(max(id), 0) FROM b40.outbox")
        after = 0
        while rows := await outbox.archived(holder, after, last):
            after = rows[-1].id
            lost = await _judge(frame, consumer, topics, rows, counts)
            if lost and not dry_run:
                await _send_again(frame, rows, lost)
    return counts


async def _judge(
    frame: Frame,
    consumer: AIOKafkaConsumer,
    topics: Mapping[str, Topic],
    rows: Sequence[Archived],
    counts: Mapping[str, Counts],
) -> set[tuple[int, int]]:
    """Row and index of the records of these rows that must be sent again."""
    wanted: dict[Place, list[tuple[int, int]]] = {}
    again = set()
    for row in rows:
        for index, (record, (partition, offset)) in enumerate(zip(row.records, row.places, strict=True)):
            topic = topics.get(record.topic)
            if topic is None or partition < 0 or (row.days > topic.retention_days and not topic.is_state):
                continue
            counts[record.topic].compared += 1
            if offset < 0:
                counts[record.topic].unknown += 1
                again.add((row.id, index))
            else:
                wanted.setdefault((record.topic, partition, offset), []).append((row.id, index))
    records = {(row.id, index): record for row in rows for index, record in enumerate(row.records)}
    found = await _look_up(consumer, frame.settings.topic_prefix, wanted)
    for place, claims in wanted.items():
        lost = {each for each in claims if place in found and found[place] != _content(records[each])}
        counts[place[0]].lost += len(lost)
        again |= lost
    return again


async def _look_up(consumer: AIOKafkaConsumer, prefix: str, wanted: Collection[Place]) -> dict[Place, Content | None]:
    """What stands at these places; None beyond the log's end. What retention or compaction removed is missing."""
    offsets: dict[TopicPartition, set[int]] = {}
    for topic, partition, offset in wanted:
        offsets.setdefault(TopicPartition(prefix + topic, partition), set()).add(offset)
    if not offsets:
        return {}
    consumer.assign(list(offsets))
    beginnings, ends = await consumer.beginning_offsets(list(offsets)), await consumer.end_offsets(list(offsets))
    found: dict[Place, Content | None] = {}
    for each, all_of_it in offsets.items():
        place = each.topic.removeprefix(prefix), each.partition
        found |= {(*place, offset): None for offset in all_of_it if offset >= ends[each]}
        inside = {offset for offset in all_of_it if beginnings[each] <= offset < ends[each]}
        found |= {(*place, offset): content for offset, content in (await _read(consumer, each, inside)).items()}
    return found


async def _read(consumer: AIOKafkaConsumer, partition: TopicPartition, offsets: Collection[int]) -> dict[int, Content]:
    if not offsets:
        return {}
    consumer.assign([partition])
    consumer.seek(partition, min(offsets))
    found: dict[int, Content] = {}
    async with asyncio.timeout(READ_SECONDS_MAX):
        while await consumer.position(partition) <= max(offsets):
            for raw in (await consumer.getmany(timeout_ms=200)).get(partition, []):
                if raw.offset in offsets:
                    found[raw.offset] = (raw.key, raw.value, list(raw.headers))
    return found


def _content(record: Packed) -> Content:
    return record.key, record.value, headers_of(record.headers)


async def _send_again(frame: Frame, rows: Sequence[Archived], lost: Collection[tuple[int, int]]) -> None:
    """Insert copies in order; the lost ones stand nowhere from now on."""
    copies = []
    for row in rows:
        copies += [record for index, record in enumerate(row.records) if (row.id, index) in lost]
    changed = [
        (row.id, [outbox.NOT_SENT if (row.id, i) in lost else place for i, place in enumerate(row.places)])
        for row in rows
        if any((row.id, index) in lost for index in range(len(row.records)))
    ]
    async with frame.pool.acquire() as connection, connection.transaction():
        await outbox.move(connection, changed)
        await hand_over(frame, connection, copies)
    frame.bells.outbox.set()


@asynccontextmanager
async def reading_consumer(frame: Frame) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of no group, to be assigned what is compared."""
    consumer = AIOKafkaConsumer(
        **frame.settings.reach().client(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()
