"""Packing: announcements become records as they will be sent, CloudEvents in Kafka's binary mode."""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from b40_contracts.cloudevents import CloudEvent, describe, to_kafka, to_structured

from b40_chassis import tracing
from b40_chassis.sealing import KEY_HEADER, Seal
from b40_chassis.work import Announcement

RECORD_BYTES_MAX = 1_000_000
"""Below the topics' ``max.message.bytes`` of 1 MiB, so that what stands in the outbox can be sent."""


class RecordTooLarge(Exception):
    """A record with its key and headers that the broker would refuse: it would hold the relay up for ever."""


class Packed(NamedTuple):
    """One record as it will be sent.

    ``headers`` are framed: their names joined by U+001E, then U+001F and the value of each; CloudEvents forbids both.
    """

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
    pairs = [(name, value.decode()) for name, value in headers]
    return "\x1f".join(("\x1e".join(name for name, _ in pairs), *(value for _, value in pairs)))


def headers_of(framed: str) -> list[tuple[str, bytes]]:
    """The headers of a packed record, as Kafka's clients take them."""
    names, *values = framed.encode().split(b"\x1f")
    return list(zip(_names(names), values, strict=True))


@lru_cache
def _names(framed: bytes) -> tuple[str, ...]:
    return tuple(framed.decode().split("\x1e"))
