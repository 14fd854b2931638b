"""What an app hears and which handler does what: the only registration that a service's developer writes.

hears = Hears("events")

@hears.each(CityAdmitted)                  # one call per event
@hears.batch(GiftPaid)                     # one call per wave
@hears.due("decision due", store.due)      # what time brings
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from asyncpg.pool import PoolConnectionProxy
from b40_contracts.event import Event

if TYPE_CHECKING:
    from asyncpg import Record

    from b40_chassis.work import Work

    Connection: TypeAlias = PoolConnectionProxy[Record]
else:
    Connection = PoolConnectionProxy

E = TypeVar("E", bound=Event)


class Cause(Protocol):
    """What something is announced because of: an event heard, a due item, a task done."""

    @property
    def source(self) -> str:
        """Who said it, as a CloudEvents source."""

    @property
    def id(self) -> str:
        """Its id, unique for the source."""

    @property
    def time(self) -> datetime:
        """When it happened, in business time."""


class Heard(NamedTuple, Generic[E]):
    """One event as it came: itself, its CloudEvents attributes, and where and when it stood in the log.

    ``time`` is business time (``ce_time``); ``appended`` is when the broker took it. For a state topic
    ``version`` is the version of the key's state, else None. ``correlation`` is the id of the event that
    began the story, or None on sealed topics.
    """

    event: E
    id: str
    source: str
    time: datetime
    appended: datetime
    topic: str
    partition: int
    offset: int
    key: str
    version: int | None = None
    correlation: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Something that time brought: ``subject`` of ``kind`` was due at ``time``. ``id`` derives from the three."""

    kind: str
    subject: str
    time: datetime
    source: str
    id: str


EachHandler = Callable[[Heard[E], "Work"], Awaitable[None]]
BatchHandler = Callable[[Sequence[Heard[E]], "Work"], Awaitable[None]]
DueHandler = Callable[[Due, "Work"], Awaitable[None]]
DueReader = Callable[[Connection, datetime, int], Awaitable[Sequence[tuple[str, datetime]]]]
"""Reads ``(subject, due time)`` of at most so many items due by then, oldest first: one set-based query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """A handler as registered; ``order`` is its place in the declaration."""

    event: type[Event]
    call: Callable[..., Awaitable[None]]
    order: int
    batch: bool
    many_per_key: bool

    @property
    def name(self) -> str:
        """Name of the handler's function, for logs and dead letters."""
        return self.call.__name__


@dataclass(frozen=True, slots=True)
class DueKind:
    """A kind of due item: who reads what is due, and who handles it."""

    kind: str
    read: DueReader
    call: DueHandler


@dataclass(slots=True)
class Hears:
    """The handlers of one app.

    ``ignores`` names types on heard topics that this app has no handler for, on purpose.
    """

    name: str
    ignores: Sequence[type[Event]] = ()
    handlers: dict[str, Handler] = field(default_factory=dict)
    due_kinds: dict[str, DueKind] = field(default_factory=dict)

    def each(self, event: type[E]) -> Callable[[EachHandler[E]], EachHandler[E]]:
        """Register a handler that is called once per event, in log order per key."""

        def register(call: EachHandler[E]) -> EachHandler[E]:
            self._add(event, call, batch=False, many_per_key=True)
            return call

        return register

    def batch(self, event: type[E], *, many_per_key: bool = False) -> Callable[[BatchHandler[E]], BatchHandler[E]]:
        """Register a handler that is called with a sequence of events, each key at most once unless many_per_key."""

        def register(call: BatchHandler[E]) -> BatchHandler[E]:
            self._add(event, call, batch=True, many_per_key=many_per_key)
            return call

        return register

    def due(self, kind: str, read: DueReader) -> Callable[[DueHandler], DueHandler]:
        """Register a handler for what ``read`` finds due at each tick. It must end the item's being due."""

        def register(call: DueHandler) -> DueHandler:
            if kind in self.due_kinds:
                raise ValueError(f"{self.name}: due kind {kind!r} has two handlers")
            self.due_kinds[kind] = DueKind(kind, read, call)
            return call

        return register

    def _add(
        self, event: type[Event], call: Callable[..., Awaitable[None]], *, batch: bool, many_per_key: bool
    ) -> None:
        if event.type in self.handlers:
            raise ValueError(f"{self.name}: {event.type} has two handlers")
        self.handlers[event.type] = Handler(
            event=event, call=call, order=len(self.handlers), batch=batch, many_per_key=many_per_key
        )
