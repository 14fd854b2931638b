"""Naming what a broker lost of what others had sent: their events took effect here, and yet stand in no intake log.

Only its sender can send such an event again, so that other apps, or a restored database, can hear it too; here it is
then dropped. What came over HTTPS is in the archive: publish that again first (republishing).
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from fastapi import FastAPI

from b40_chassis import inbox
from b40_chassis.database import session
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection
from b40_chassis.problems import Problem
from b40_chassis.reading import Readable
from b40_chassis.record import record_of
from b40_chassis.republishing import reading_consumer

if TYPE_CHECKING:
    from b40_chassis.service import Service

NAMED_MAX = 10_000
COMPARE_SECONDS_MAX = 600.0
SILENT_SECONDS_MAX = 60
"""How long a log that has more may give nothing."""


def add(routes: FastAPI, service: "Service") -> None:
    """Add the route of lost intake."""

    @routes.get("/intake/lost")
    async def lost() -> list[dict[str, Any]]:
        """Events of others that took effect and stand in no intake log any more, though they are not too old for it.

        ``id`` is the event's id if that is a UUID, else the first 16 bytes of its SHA-256. At most 10,000 are named.
        """
        if not service.frame.intakes:
            raise Problem(404, "No intake", f"{service.application.name} takes nothing from integrators")
        try:
            return await lost_intake(service.frame)
        except (KafkaError, TimeoutError) as error:
            detail = f"Kafka does not tell what it holds: {type(error).__name__}"
            raise Problem(503, "Not compared", detail) from error


async def lost_intake(frame: Frame) -> list[dict[str, Any]]:
    """Compare the inbox with the whole intake logs. Returns source, id and append time of each event that is lost."""
    async with session(frame.pool) as connection, reading_consumer(frame) as consumer, _table(connection):
        heard_until = await connection.fetchval(
            "SELECT max(last_appended) FROM b40.position WHERE topic = ANY($1)", list(frame.intakes)
        )
        partitions = [
            TopicPartition(frame.settings.topic_prefix + name, number)
            for name, topic in frame.intakes.items()
            for number in range(topic.partitions)
        ]
        kept_since = await _note_all(frame, connection, consumer, partitions)
        rows = await connection.fetch(
            """SELECT name AS source, inbox.id, appended FROM b40.inbox JOIN b40.source ON source.id = inbox.source
               WHERE name NOT LIKE '//b40/%' AND appended > $1 AND appended <= $2
                 AND NOT EXISTS (SELECT FROM held WHERE (held.source, held.id) = (inbox.source, inbox.id))
               ORDER BY name, appended, inbox.id LIMIT $3""",
            kept_since,
            heard_until,
            NAMED_MAX,
            timeout=COMPARE_SECONDS_MAX,
        )
    return [dict(row) for row in rows]


@asynccontextmanager
async def _table(connection: Connection) -> AsyncIterator[None]:
    """A table of this session for what the logs hold, which may be more than fits into memory; no limit of time."""
    await connection.execute("SET transaction_timeout = 0")
    await connection.execute("CREATE TEMPORARY TABLE held (source integer, id uuid)")
    try:
        yield
    finally:
        await connection.execute("DROP TABLE held")


async def _note_all(
    frame: Frame, connection: Connection, consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> datetime:
    """Note who stands in these logs. Returns since when all that was appended must stand there."""
    kept_since = datetime.now(UTC) - timedelta(days=min(topic.retention_days for topic in frame.intakes.values()))
    numbers = {row["name"]: row["id"] for row in await connection.fetch("SELECT name, id FROM b40.source")}
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    begun, ends = dict(await consumer.beginning_offsets(partitions)), await consumer.end_offsets(partitions)
    while any([await consumer.position(each) < ends[each] for each in partitions]):
        came = await consumer.getmany(timeout_ms=SILENT_SECONDS_MAX * 1_000)
        if not came:
            raise TimeoutError
        for each, raw in came.items():
            records = [record_of(one, frame.settings.topic_prefix) for one in raw]
            if begun.pop(each, 0) > 0:  # retention has removed what was before
                kept_since = max(kept_since, records[0].appended)
            readings = [reading for reading in map(frame.reader.read, records) if isinstance(reading, Readable)]
            held = [(numbers.get(r.heard.source), inbox.uuid_of(r.heard.id)) for r in readings]
            await connection.copy_records_to_table("held", records=held, columns=("source", "id"))
    await connection.execute("ANALYZE held")
    return kept_since
