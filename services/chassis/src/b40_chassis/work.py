"""What a handler may do: read and write on the open connection, announce, change states, refuse, wait, assign tasks."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, NamedTuple
from uuid import UUID

from b40_contracts.event import Event, type_without_version
from b40_contracts.platform import EventRefused
from b40_contracts.topic import Kind, Topic

from b40_chassis.hears import Cause, Connection, Heard
from b40_chassis.identity import Identity
from b40_chassis.measures import Counter
from b40_chassis.record import Place
from b40_chassis.tasks import Task


class Announcement(NamedTuple):
    """An event on its way to the outbox. ``version`` is set for states, whose ``event`` is None for a tombstone."""

    topic: Topic
    event: Event | None
    type: str
    key: str
    id: UUID
    time: datetime
    cause: Cause | None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was well-formed but not acceptable. ``content`` tells apart what came again with other content."""

    cause: Cause
    refused_type: str
    reason: str
    detail: str
    content: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that waits for a key of a state topic."""

    heard: Heard[Any]
    topic: str
    key: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """A task recorded for a worker."""

    id: UUID
    task: Task
    cause: Cause
    now: datetime


class CameMeanwhile(Exception):
    """The key that the event at ``place`` wanted to wait for came while its handler looked: the batch is run again."""

    def __init__(self, place: Place, awaited: str) -> None:
        super().__init__(f"{awaited} has come, and yet this app keeps nothing of it")
        self.place = place


@dataclass(slots=True)
class Written:
    """All that the handlers of one transaction asked for; the chassis writes it at the transaction's end."""

    announced: list[Announcement] = field(default_factory=list)
    states: dict[tuple[type[Event], str], tuple[Cause | None, datetime]] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    assigned: list[Assigned] = field(default_factory=list)
    erased: set[UUID] = field(default_factory=set)
    counted: list[Counter] = field(default_factory=list)
    ordinals: dict[tuple[str, ...], int] = field(default_factory=dict)


@dataclass(slots=True)
class Work:
    """The open transaction as a handler sees it.

    ``now`` is business time: for an event the last tick appended before it, for a due item its due time, for
    a finished task the time it was assigned at. Ids and chance derive from the cause, never from ``now``.
    """

    connection: Connection
    now: datetime
    identity: Identity
    topic_of: Callable[[type[Event]], Topic]
    intakes: Collection[str]
    written: Written

    def announce(self, event: Event, *, cause: Cause, time: datetime | None = None) -> UUID:
        """Say that something happened, at ``time`` (default: when its cause happened). Returns the event's id.

        Raises LookupError if the app is not the producer of a topic with this type.
        """
        topic = self.topic_of(type(event))
        assert topic.kind is not Kind.STATE, "a state is announced by state_changed, which gives it a version"
        type_, key = event.type, event.subject
        ordinal = self._ordinal(cause, "announcement", type_, key)
        id_ = self.identity.announcement(cause, type_without_version(type_), key, ordinal, sealed=topic.sealed)
        self.written.announced.append(Announcement(topic, event, type_, key, id_, time or cause.time, cause))
        return id_

    def state_changed(self, state: type[Event], key: str, *, cause: Cause | None = None) -> None:
        """Say that the state of ``key`` changed; read whole, by its reader, at the transaction's end."""
        assert self.topic_of(state).kind is Kind.STATE, f"{state.__name__} is not on a state topic"
        self.written.states[state, key] = (cause, cause.time if cause else self.now)

    def refuse(self, heard: Heard[Any], reason: str, detail: str) -> None:
        """Tell the sender that its event is not acceptable. ``reason`` is a short code, ``detail`` names the field.

        Raises ValueError if the event was announced and not reported by an integrator: a fact cannot be refused.
        """
        if heard.topic not in self.intakes:
            raise ValueError(f"a fact on {heard.topic} cannot be refused: {detail}")
        self.written.refused.append(Refusal(heard, heard.event.type, reason, detail))

    async def wait_for(self, heard: Heard[Any], state: Topic, key: str) -> None:
        """Set ``heard`` aside until ``key`` comes on the state topic. Call it before changing anything for ``heard``.

        Raises CameMeanwhile if the key came since the handler looked. After a day the event is refused.
        """
        version: int = await self.connection.fetchval(
            """INSERT INTO b40.state_heard AS known (topic, key, version) VALUES ($1, $2, 0)
               ON CONFLICT (topic, key) DO UPDATE SET version = known.version RETURNING version""",
            state.name,
            key,
        )
        if version > 0:
            raise CameMeanwhile((heard.topic, heard.partition, heard.offset), f"{state.name} {key!r}")
        self.written.waiting.append(Waiting(heard, state.name, key))

    def erase(self, id_: UUID) -> None:
        """Close what was set aside of sealed topics and names ``id_``, as forgotten. A service's rows are its own."""
        self.written.erased.add(id_)

    def count(self, counter: Counter) -> None:
        """Count one more, once it is committed. ``counter`` is one of the app's own."""
        self.written.counted.append(counter)

    def assign(self, task: Task, *, cause: Cause) -> UUID:
        """Record a task for a worker. Returns its id, which derives from the cause."""
        id_ = self.identity.task(cause, task.name, self._ordinal(cause, "task", task.name))
        self.written.assigned.append(Assigned(id_, task, cause, self.now))
        return id_

    def new_id(self, cause: Cause) -> UUID:
        """A fresh id that comes out the same when the cause is handled again."""
        return self.identity.new(cause, self._ordinal(cause, "new"))

    def random(self, cause: Cause) -> Random:
        """Chance that falls the same way when the cause is handled again."""
        return self.identity.random(cause)

    def _ordinal(self, cause: Cause, *what: str) -> int:
        key = (cause.source, cause.id, *what)
        ordinal = self.written.ordinals.get(key, 0)
        self.written.ordinals[key] = ordinal + 1
        return ordinal


def refusal_of(refusal: Refusal, topic: Topic, identity: Identity) -> Announcement:
    """The announcement that tells a sender of its refusal."""
    cause = refusal.cause
    event = EventRefused(
        source=cause.source,
        id=cause.id,
        refused_type=refusal.refused_type,
        reason=refusal.reason,
        detail=refusal.detail,
    )
    bare, key = type_without_version(event.type), event.subject + refusal.content
    return Announcement(
        topic=topic,
        event=event,
        type=event.type,
        key=event.subject,
        id=identity.announcement(cause, bare, key, 0, sealed=topic.sealed),
        time=cause.time,
        cause=cause,
    )
