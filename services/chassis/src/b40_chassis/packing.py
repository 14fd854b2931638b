"""Packing: announcements become records as they will be sent, CloudEvents in Kafka's binary mode."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from b40_contracts.cloudevents import CloudEvent, describe, to_kafka, to_structured
from b40_contracts.cloudevents.envelope import JSON_CONTENT_TYPE, SPECVERSION, checked_text, timestamp

from b40_chassis.sealing import KEY_HEADER, Seal
from b40_chassis.tracing import carried
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

    def pack(self, announcement: Announcement, traceparent: str | None = None) -> Packed:
        """The record of an announcement. Raises RecordTooLarge."""
        topic, event, key = announcement.topic, announcement.event, announcement.key
        if event is None:
            return Packed(topic.name, key.encode(), None, _framed(_of_tombstone(announcement)))
        extensions = _extensions(announcement, traceparent)
        if topic.sealed:
            id_, time = str(announcement.id), announcement.time
            return self.pack_event(
                topic.name, describe(event, id=id_, source=self._source, time=time, extensions=extensions)
            )
        headers = {
            "ce_specversion": SPECVERSION,
            "ce_id": str(announcement.id),
            "ce_source": self._source,
            "ce_type": announcement.type,
            "content-type": JSON_CONTENT_TYPE,
            "ce_time": timestamp(announcement.time),
            "ce_subject": checked_text("subject", key),
        }
        headers |= {"ce_" + name: value for name, value in extensions.items()}
        return _checked(Packed(topic.name, key.encode(), event.model_dump_json().encode(), _framed(headers)))

    def pack_event(self, topic: str, cloud_event: CloudEvent) -> Packed:
        """The record of a CloudEvent. Raises RecordTooLarge."""
        seal = self._seals.get(topic)
        return _checked(_clear(topic, cloud_event) if seal is None else _sealed(topic, cloud_event, seal))


def _checked(packed: Packed) -> Packed:
    if packed.size > RECORD_BYTES_MAX:
        raise RecordTooLarge(f"a record of {packed.size} bytes, at most {RECORD_BYTES_MAX} can be sent")
    return packed


def _clear(topic: str, cloud_event: CloudEvent) -> Packed:
    record = to_kafka(cloud_event)
    headers = {name: value.decode() for name, value in record.headers}
    return Packed(topic, record.key or b"", record.value, _framed(headers))


def _sealed(topic: str, cloud_event: CloudEvent, seal: Seal) -> Packed:
    clear = json.dumps(to_structured(cloud_event), ensure_ascii=False).encode()
    headers = {"ce_id": cloud_event.id, "ce_source": cloud_event.source, KEY_HEADER: seal.key_id}
    value = seal.close(clear, cloud_event.source, cloud_event.id)
    return Packed(topic, seal.hashed(cloud_event.subject or cloud_event.id), value, _framed(headers))


def _extensions(announcement: Announcement, traceparent: str | None) -> dict[str, str]:
    extensions: dict[str, str] = {}
    cause = announcement.cause
    if cause is not None and not announcement.topic.sealed:
        correlation = getattr(cause, "correlation", None)
        if correlation is not None:
            extensions |= {"correlationid": correlation, "causationid": cause.id}
        traceparent = carried(cause, traceparent)
        if traceparent is not None:
            extensions["traceparent"] = traceparent
    if announcement.version is not None:
        extensions["stateversion"] = str(announcement.version)
    return extensions


def _of_tombstone(announcement: Announcement) -> dict[str, str]:
    return {"ce_id": str(announcement.id), "ce_stateversion": str(announcement.version)}


def _framed(headers: Mapping[str, str]) -> str:
    return "\x1f".join(("\x1e".join(headers), *headers.values()))


def headers_of(framed: str) -> list[tuple[str, bytes]]:
    """The headers of a packed record, as Kafka's clients take them."""
    names, *values = framed.encode().split(b"\x1f")
    return list(zip(_names(names), values, strict=True))


@lru_cache
def _names(framed: bytes) -> tuple[str, ...]:
    return tuple(framed.decode().split("\x1e"))
