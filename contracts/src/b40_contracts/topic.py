"""A topic, declared once and whole: what is said on it, who says it, who hears it, how long it is kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from b40_contracts.event import Event

NAME_PATTERN = re.compile(r"[a-z]+(-[a-z]+)*")

MEMORY_DAYS = 35
"""How long inboxes remember, in days of append time. Nothing kept, restored or rewound may be older."""


class Kind(StrEnum):
    """What a topic is for."""

    INTAKE = "intake"
    """Reported by integrators; what is not acceptable is refused."""
    FACTS = "facts"
    """Announced, in order per key."""
    STATE = "state"
    """Compacted: each record is the whole current state of its key, with a version that rises per key."""
    REFUSALS = "refusals"
    """What was well-formed but not acceptable, told to its sender with the reason."""


class Start(StrEnum):
    """Where an app begins to read a topic that it has never read."""

    BEGINNING = "from beginning"
    NOW = "from now"


@dataclass(frozen=True, slots=True)
class Consumer:
    """An app that hears a topic, and where it starts."""

    app: str
    start: Start


def from_now(*apps: str) -> tuple[Consumer, ...]:
    """Consumers that hear what is said after they first came: the default for facts."""
    return tuple(Consumer(app, Start.NOW) for app in apps)


def from_beginning(*apps: str) -> tuple[Consumer, ...]:
    """Consumers that hear all that is still kept: always for state, intake and what an app hears of itself."""
    return tuple(Consumer(app, Start.BEGINNING) for app in apps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. ``name`` is ``owner-noun``; ``producer`` is an app, or ``integrators`` for intake.

    Raises ValueError when a rule of the catalogue is broken: a name with dots, retention beyond the
    memory, a state topic whose tombstones live shorter than the memory, no events.
    """

    name: str
    kind: Kind
    description: str
    events: Sequence[type[Event]]
    producer: str
    consumers: tuple[Consumer, ...]
    partitions: int = 3
    retention_days: int = MEMORY_DAYS
    sealed: bool = False

    def __post_init__(self) -> None:
        if NAME_PATTERN.fullmatch(self.name) is None:
            raise ValueError(f"topic {self.name!r}: a name is words of lower-case letters joined by hyphens")
        if not self.events:
            raise ValueError(f"topic {self.name}: a topic without events says nothing")
        if self.kind is not Kind.STATE and self.retention_days > MEMORY_DAYS:
            raise ValueError(
                f"topic {self.name}: kept for {self.retention_days} days, beyond the memory of {MEMORY_DAYS}"
            )
        if self.kind is Kind.STATE and self.retention_days < MEMORY_DAYS:
            raise ValueError(f"topic {self.name}: tombstones must be kept for the memory, {MEMORY_DAYS} days")

    @property
    def is_state(self) -> bool:
        """True if each record is the whole state of its key."""
        return self.kind is Kind.STATE

    def hears(self, app: str) -> Consumer | None:
        """The consumer entry of an app, or None if it does not hear this topic."""
        return next((consumer for consumer in self.consumers if consumer.app == app), None)
