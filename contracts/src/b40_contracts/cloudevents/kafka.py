"""CloudEvents on Kafka: binary mode is written, binary and structured mode are read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from b40_contracts.cloudevents.envelope import CloudEvent, Malformed, check_name, from_attributes
from b40_contracts.cloudevents.structured import (
    STRUCTURED_CONTENT_TYPE,
    from_structured,
    to_structured,
    write_json,
)

PREFIX = "ce_"
CONTENT_TYPE = "content-type"


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """What stands on a topic: the key is the event's subject, a value of None is a tombstone."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def to_kafka(event: CloudEvent) -> KafkaRecord:
    """The event in binary mode: attributes as ``ce_`` headers, ``datacontenttype`` as ``content-type``."""
    headers = [
        (CONTENT_TYPE if name == "datacontenttype" else PREFIX + name, value.encode())
        for name, value in event.attributes().items()
    ]
    return KafkaRecord(_key(event), event.data, headers)


def to_kafka_structured(event: CloudEvent) -> KafkaRecord:
    """The event in structured mode: the value holds all of it. Raises Malformed if its data is no JSON."""
    content_type = f"{STRUCTURED_CONTENT_TYPE}; charset=UTF-8".encode()
    return KafkaRecord(_key(event), write_json("event", to_structured(event)), [(CONTENT_TYPE, content_type)])


def from_kafka(key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> CloudEvent:
    """The event that a record holds, whichever mode it is in. Raises Malformed and nothing else.

    The key is not part of the event: on sealed topics it is random, and order is all that it decides.
    In binary mode a null value is an event without data; whether that is a tombstone, its reader knows.
    In structured mode data must be there, since a null inside a value deletes nothing.
    """
    names = _attributes(tuple([name for name, _ in headers]))
    try:
        attributes = dict(zip(names, [raw.decode() for _, raw in headers], strict=True))  # type: ignore[union-attr]
    except (AttributeError, UnicodeDecodeError):  # one of them is null or not UTF-8, perhaps none of ours
        attributes = {name: _text(name, raw) for name, (_, raw) in zip(names, headers, strict=True) if name}
    attributes.pop("", None)
    content_type = attributes.get("datacontenttype", "").lower()
    if content_type.startswith("application/cloudevents"):
        return _structured(content_type, value)
    return from_attributes(attributes, value)


@lru_cache
def _attributes(headers: tuple[str, ...]) -> tuple[str, ...]:
    """The attributes that headers of these names carry, "" for none: the same few for all records of a sender."""
    names = tuple(_attribute(header) or "" for header in headers)
    twice = next((name for name, times in Counter(names).items() if name and times > 1), None)
    if twice is not None:
        raise Malformed(twice, "is given twice")
    return names


def _attribute(header: str) -> str | None:
    """The attribute that a header of this name carries; None if it is no matter of CloudEvents."""
    name = header.lower()
    if name == CONTENT_TYPE:
        return "datacontenttype"
    if not name.startswith(PREFIX):
        return None
    name = name[len(PREFIX) :]
    check_name(name)
    if name == "datacontenttype":
        raise Malformed(name, "travels in the header content-type, not in a ce_ header")
    return name


def _structured(content_type: str, value: bytes | None) -> CloudEvent:
    if content_type.partition(";")[0].strip() != STRUCTURED_CONTENT_TYPE:
        raise Malformed("content-type", f"of a structured event must be {STRUCTURED_CONTENT_TYPE}, one event a record")
    if value is None:
        raise Malformed("event", "is missing: the record says structured mode, but its value is null")
    event = from_structured(value)
    if event.data is None:
        raise Malformed("data", "is missing; a tombstone is a null value in binary mode")
    return event


def _text(name: str, raw: bytes | None) -> str:
    if raw is None:
        raise Malformed(name, "is a header without a value")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Malformed(name, f"is not UTF-8 at byte {error.start}") from None


def _key(event: CloudEvent) -> bytes | None:
    return None if event.subject is None else event.subject.encode()
