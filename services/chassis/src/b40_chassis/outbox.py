"""The outbox: what was announced waits here, in packed rows, until the relay has sent it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from b40_contracts.cloudevents import CloudEvent, describe, to_kafka, to_structured

from b40_chassis import tracing
from b40_chassis.hears import Connection
from b40_chassis.sealing import KEY_HEADER, Seal
from b40_chassis.work import Announcement

ROW_RECORDS_MAX = 2_000
ROW_BYTES_MAX = 1_000_000
RECORD_BYTES_MAX = 1_000_000
"""Below the topics' ``max.message.bytes`` of 1 MiB, so that what stands in the outbox can be sent."""


class RecordTooLarge(Exception):
    """A record with its key and headers that the broker would refuse: it would hold the relay up for ever."""


@dataclass(frozen=True, slots=True)
class Packed:
    """One record as it will be sent."""

    topic: str
    key: bytes
    value: bytes | None
    headers: str

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        return len(self.key) + len(self.value or b"") + len(self.headers)


class Packer:
    """Makes records of announcements: CloudEvents in Kafka's binary mode, sealed where the topic is."""

    def __init__(self, source: str, seals: Mapping[str, Seal]) -> None:
        self._source = source
        self._seals = seals

    def pack(self, announcement: Announcement) -> Packed:
        """The record of an announcement. Raises RecordTooLarge."""
        if announcement.event is None:
            return Packed(
                announcement.topic.name, announcement.key.encode(), None, _headers(_of_tombstone(announcement))
            )
        cloud_event = describe(announcement.event, id=str(announcement.id), source=self._source, time=announcement.time)
        return self.pack_event(announcement.topic.name, _extended(cloud_event, announcement))

    def pack_event(self, topic: str, cloud_event: CloudEvent) -> Packed:
        """The record of a CloudEvent. Raises RecordTooLarge."""
        seal = self._seals.get(topic)
        packed = _clear(topic, cloud_event) if seal is None else _sealed(topic, cloud_event, seal)
        if packed.size > RECORD_BYTES_MAX:
            raise RecordTooLarge(f"a record of {packed.size} bytes, at most {RECORD_BYTES_MAX} can be sent")
        return packed


def _clear(topic: str, cloud_event: CloudEvent) -> Packed:
    record = to_kafka(cloud_event)
    return Packed(topic, record.key or b"", record.value, _headers(record.headers))


def _sealed(topic: str, cloud_event: CloudEvent, seal: Seal) -> Packed:
    clear = json.dumps(to_structured(cloud_event), ensure_ascii=False).encode()
    headers = [
        ("ce_id", cloud_event.id.encode()),
        ("ce_source", cloud_event.source.encode()),
        (KEY_HEADER, seal.key_id.encode()),
    ]
    value = seal.close(clear, cloud_event.source, cloud_event.id)
    return Packed(topic, seal.hashed(cloud_event.subject or cloud_event.id), value, _headers(headers))


def _extended(cloud_event: CloudEvent, announcement: Announcement) -> CloudEvent:
    extensions: dict[str, str] = {}
    cause = announcement.cause
    if cause is not None and not announcement.topic.sealed:
        correlation = getattr(cause, "correlation", None)
        if correlation is not None:
            extensions |= {"correlationid": correlation, "causationid": cause.id}
        traceparent = tracing.current() or getattr(cause, "traceparent", None)
        if traceparent is not None:
            extensions["traceparent"] = traceparent
    if announcement.version is not None:
        extensions["stateversion"] = str(announcement.version)
    return CloudEvent(
        id=cloud_event.id,
        source=cloud_event.source,
        type=cloud_event.type,
        time=cloud_event.time,
        subject=cloud_event.subject,
        data=cloud_event.data,
        datacontenttype=cloud_event.datacontenttype,
        extensions=extensions,
    )


def _of_tombstone(announcement: Announcement) -> list[tuple[str, bytes]]:
    return [("ce_id", str(announcement.id).encode()), ("ce_stateversion", str(announcement.version).encode())]


def _headers(headers: Iterable[tuple[str, bytes]]) -> str:
    return json.dumps([(name, value.decode()) for name, value in headers])


async def insert(connection: Connection, records: Sequence[Packed]) -> None:
    """Write records as packed rows, in order."""
    rows = [
        (
            [record.topic for record in chunk],
            [record.key for record in chunk],
            [record.value for record in chunk],
            [record.headers for record in chunk],
            sum(record.size for record in chunk),
        )
        for chunk in chunks(records, ROW_RECORDS_MAX, ROW_BYTES_MAX)
    ]
    await connection.executemany(
        "INSERT INTO b40.outbox (topics, keys, payloads, headers, size) VALUES ($1, $2, $3, $4, $5)", rows
    )


Sized = TypeVar("Sized", bound=Packed)


def chunks(records: Sequence[Sized], records_max: int, bytes_max: int) -> list[list[Sized]]:
    """Cut a sequence into pieces of at most so many records and bytes (a single larger record makes a piece)."""
    pieces: list[list[Sized]] = []
    size = 0
    for record in records:
        if not pieces or len(pieces[-1]) == records_max or size + record.size > bytes_max:
            pieces.append([])
            size = 0
        pieces[-1].append(record)
        size += record.size
    return pieces
