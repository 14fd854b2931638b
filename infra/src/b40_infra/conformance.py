"""What is wrong with somebody's events, before they go live: all that an intake would find, and what only order shows.

Files hold CloudEvents in structured mode (JSON, one or a list; JSONL, one a line), or records of Kafka as ``kcat -J``
prints them. Of records also key, partition and signature are looked at: they are not part of a structured event.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka.partitioner import murmur2
from b40_chassis import authenticity
from b40_chassis.authenticity import Claim
from b40_chassis.packing import Packer, RecordTooLarge
from b40_chassis.record import Record
from b40_contracts.cloudevents import CloudEvent, Malformed, from_kafka, from_structured, read
from b40_contracts.event import Event
from b40_contracts.integrators import PLATFORM, Integrator, SigningKey, falls_under
from b40_contracts.signing import SIGNATURE
from b40_contracts.topic import Topic
from b40_contracts.values import EARLIEST_INSTANT
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from b40_infra.publish import intake_topics, text_of


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, with which field, why."""

    where: str
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.field}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Found:
    """What became of one event of a file. ``topic`` and ``partition`` are where its key would bring it."""

    where: str
    problems: Sequence[Problem]
    topic: str | None = None
    partition: int | None = None


@dataclass(frozen=True, slots=True)
class _Came:
    """An event as it came: alone, or with the record that it stood in."""

    event: CloudEvent
    record: Record | None


class Conformance:
    """Checks events, and remembers their ids. ``sources`` are the sender's own, ``key`` the one it signs with."""

    def __init__(self, sources: Sequence[str] = (), key: Ed25519PublicKey | None = None) -> None:
        self._sources = sources
        self._signer = None if key is None else _signer(key)
        self._homes = intake_topics()
        self._packer = Packer("//b40/conformance", {})
        self._known: dict[tuple[str, str], tuple[str, str]] = {}

    def check(self, path: Path) -> Iterator[Found]:
        """Check every event of a file. Raises Trouble if the file cannot be read at all."""
        for where, text in _texts(path):
            try:
                yield self._checked(where, _came(where, text))
            except Malformed as error:
                yield Found(where, [Problem(where, error.field, error.reason)])

    def _checked(self, where: str, came: _Came) -> Found:
        event, topic = came.event, self._homes.get(came.event.type)
        found: list[tuple[str, str]] = [*self._wrong_sender(event), *self._used_before(where, event)]
        if topic is None:
            found.append(("type", f"{event.type} is not reported by integrators"))
            return Found(where, [Problem(where, *each) for each in found])
        fact = None
        try:
            fact = read(event, {kind.type: kind for kind in topic.events})
            self._packer.pack_event(topic.name, event)
        except Malformed as error:
            found.append((error.field, error.reason))
        except RecordTooLarge as error:
            found.append(("data", str(error)))
        partition = None if fact is None else _partition(fact, topic)
        found += self._wrong_record(came, topic, fact, partition)
        return Found(where, [Problem(where, *each) for each in found], topic.name, partition)

    def _wrong_sender(self, event: CloudEvent) -> Iterator[tuple[str, str]]:
        if PLATFORM.owns(event.source):
            yield "source", "is the platform's own"
        elif self._sources and not any(falls_under(event.source, prefix) for prefix in self._sources):
            yield "source", f"does not go on from {' or '.join(self._sources)}"

    def _used_before(self, where: str, event: CloudEvent) -> Iterator[tuple[str, str]]:
        digest = _digest(event)
        first, known = self._known.setdefault((event.source, event.id), (where, digest))
        if known != digest:
            yield "id", f"was used before, with other content: {first}"

    def _wrong_record(
        self, came: _Came, topic: Topic, fact: Event | None, partition: int | None
    ) -> Iterator[tuple[str, str]]:
        event, record = came.event, came.record
        if record is None:
            if self._signer is not None:
                yield SIGNATURE, "cannot be checked in a structured event: give the records, as kcat -J prints them"
            return
        if topic.sealed:
            yield "topic", f"{topic.name} is sealed: it is reached over HTTPS alone"
        if fact is not None and record.key is None:
            yield "key", f"is missing: it is data.{fact.key}, so that what is said of one stays in order"
        elif fact is not None and record.key != fact.subject.encode():
            yield "key", f"is not data.{fact.key}, the key of this type"
        elif partition is not None and record.partition >= 0 and record.partition != partition:
            yield "partition", f"is {record.partition}; murmur2 of the key gives {partition}: set the partitioner"
        if self._signer is not None:
            claim = Claim(event.id, event.source, event.type, fact)
            forged = authenticity.forged(self._signer, record, claim)
            if forged is not None:
                field, _, reason = forged[1].partition(": ")
                yield field, reason


def _signer(key: Ed25519PublicKey) -> Integrator:
    signing = SigningKey(public=key.public_bytes_raw().hex())
    return PLATFORM.model_copy(update={"name": "the sender", "signing_keys": (signing,), "since": EARLIEST_INSTANT})


def _partition(fact: Event, topic: Topic) -> int:
    """Where murmur2, as the Java clients compute it, brings an event's key."""
    return int((murmur2(fact.subject.encode()) & 0x7FFFFFFF) % topic.partitions)


def _digest(event: CloudEvent) -> str:
    try:
        data = json.dumps(json.loads(event.data or b"null"), sort_keys=True).encode()
    except (ValueError, RecursionError):
        data = event.data or b""
    return hashlib.sha256(b"\0".join((event.type.encode(), data))).hexdigest()


def _came(where: str, text: str) -> _Came:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("event", f"is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise Malformed("event", "must be a JSON object: a CloudEvent, or a record as kcat -J prints it")
    if "headers" not in document or "specversion" in document:
        return _Came(from_structured(document), None)
    record = _record(document)
    return _Came(from_kafka(record.key, record.value, record.headers), record)


def _record(document: dict[str, Any]) -> Record:
    flat, key, value, partition = (document.get(name) for name in ("headers", "key", "payload", "partition"))
    if not isinstance(flat, list) or len(flat) % 2 or not all(isinstance(each, str) for each in flat):
        raise Malformed("headers", "must be a list of names and values in turn")
    if not isinstance(key, str | None) or not isinstance(value, str | None):
        raise Malformed("key" if not isinstance(key, str | None) else "payload", "must be text or null")
    headers = [(name, each.encode()) for name, each in zip(flat[::2], flat[1::2], strict=True)]
    return Record(
        topic=str(document.get("topic", "")),
        partition=partition if isinstance(partition, int) else -1,
        offset=0,
        appended=datetime.now(UTC),
        key=None if key is None else key.encode(),
        value=None if value is None else value.encode(),
        headers=headers,
    )


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """The events of a file as JSON, each with its place. A file named ``.json`` is one document, maybe a list."""
    text = text_of(path)
    if path.suffix != ".json":
        lines = enumerate(text.splitlines(), start=1)
        yield from ((f"{path.name} line {number}", line) for number, line in lines if line.strip())
        return
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        whole = None  # what is wrong with it is told as of an event
    if isinstance(whole, list):
        yield from ((f"{path.name} event {number}", json.dumps(each)) for number, each in enumerate(whole, start=1))
    else:
        yield path.name, text
