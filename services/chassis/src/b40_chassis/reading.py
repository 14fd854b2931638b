"""Reading records: each alone, never raising. What cannot be read says why, in words without the data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from b40_contracts.cloudevents import CloudEvent, Malformed, from_kafka, from_structured, read
from b40_contracts.event import Event
from b40_contracts.topic import Topic

from b40_chassis.hears import Heard
from b40_chassis.record import Record
from b40_chassis.sealing import KEY_HEADER, CannotOpen, Seal


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that cannot be read; it becomes a dead letter."""

    record: Record
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class UnknownType:
    """A readable CloudEvent of a type that the topic does not declare."""

    record: Record
    cloud_event: CloudEvent

    @property
    def source(self) -> str:
        """Its sender, whom its refusal is told."""
        return self.cloud_event.source

    @property
    def id(self) -> str:
        """Its id, used up by its refusal."""
        return self.cloud_event.id

    @property
    def time(self) -> datetime:
        """When it happened; when it came, if it does not say."""
        return self.cloud_event.time or self.record.appended


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A deliberate null on a state topic: the key has no state any more."""

    record: Record


class Readable(NamedTuple):
    """A record that was read; ``data`` is the bytes of its data."""

    record: Record
    heard: Heard[Any]
    data: bytes


Reading = Readable | Unreadable | UnknownType | Tombstone


class Reader:
    """Reads the records of an app's topics."""

    def __init__(self, topics: Mapping[str, Topic], seals: Mapping[str, Seal]) -> None:
        self._topics = topics
        self._seals = seals
        self._types: dict[str, dict[str, type[Event]]] = {
            topic.name: {event.type: event for event in topic.events} for topic in topics.values()
        }

    def read(self, record: Record) -> Reading:
        """Read one record. Never raises."""
        topic = self._topics[record.topic]
        if record.value is None:
            if topic.is_state and record.key is not None:
                return Tombstone(record)
            return Unreadable(record, "null-value", "the value is null; only a state topic may have tombstones")
        try:
            cloud_event = self._open(record, topic)
            if cloud_event.type not in self._types[topic.name]:
                return UnknownType(record, cloud_event)
            event = read(cloud_event, self._types[topic.name])
            heard = _heard(record, topic, cloud_event, event)
        except Malformed as error:
            return Unreadable(record, f"malformed-{error.field}", f"{error.field}: {error.reason}")
        except CannotOpen as error:
            return Unreadable(record, "cannot-be-opened", str(error))
        return Readable(record, heard, cloud_event.data or b"")

    def clear(self, record: Record) -> bytes:
        """What a record of a sealed topic says; nothing if it cannot be opened."""
        try:
            return self._opened(record)
        except CannotOpen:
            return b""

    def _open(self, record: Record, topic: Topic) -> CloudEvent:
        if not topic.sealed:
            return from_kafka(record.key, record.value, record.headers)
        return from_structured(self._opened(record))

    def _opened(self, record: Record) -> bytes:
        source, id_ = record.header("ce_source"), record.header("ce_id")
        return self._seals[record.topic].open(record.value or b"", record.header(KEY_HEADER), source, id_)


def _heard(record: Record, topic: Topic, cloud_event: CloudEvent, event: Event) -> Heard[Any]:
    subject = event.subject
    if topic.sealed is False and record.key is not None and record.key != subject.encode():
        raise Malformed("key", f"the Kafka key is not the event's {event.key}")
    assert cloud_event.time is not None, "an event without a time was not read"
    extensions = {} if topic.sealed else cloud_event.extensions
    return Heard(
        event,
        cloud_event.id,
        cloud_event.source,
        cloud_event.time,
        record.appended,
        topic.name,
        record.partition,
        record.offset,
        subject,
        _version(cloud_event) if topic.is_state else None,
        None if topic.sealed else extensions.get("correlationid", cloud_event.id),
        extensions.get("traceparent"),
    )


def _version(cloud_event: CloudEvent) -> int:
    version = version_in(cloud_event.extensions.get("stateversion", ""))
    if version is None:
        raise Malformed("stateversion", "a state needs its version, a whole number above 0")
    return version


def version_in(text: str) -> int | None:
    """The version of a state as it stands in its header, or None if that is no version."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    return int(text) or None
