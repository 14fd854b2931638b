"""All that there is to be seen of a run. Each role takes what it can see of it, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from b40_chassis.hears import Heard

NEEDS_SIDE, GIFTS_SIDE, BETWEEN = "solidarity-needs", "solidarity-gifts", "solidarity-matcher"
APPS = (NEEDS_SIDE, GIFTS_SIDE, BETWEEN)


class Raw(NamedTuple):
    """A record as Kafka has it: of sealed topics the value is ciphertext, of which an operator sees the size."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    size: int
    headers: tuple[tuple[str, bytes], ...]


class Row(NamedTuple):
    """A row of a table as it lies in the database: where, and written by which transaction."""

    ctid: str
    xmin: int
    values: Mapping[str, Any]


Dump = Mapping[str, Sequence[Row]]
"""The tables of a database, rows in their physical order."""


class Moment(NamedTuple):
    """A step of the run, and how many events had been heard by its end."""

    what: str
    hour: datetime
    heard: int


@dataclass(slots=True)
class Evidence:
    """What a run left behind.

    ``dumps`` are of after a batch hour and its answers, ``waiting`` those of the matcher before it.
    ``public`` is what anybody reads after each publication, ``between`` the same after much came in and before a batch
    hour. ``names`` tells whom each identifier stands for, ``pools`` where a party gives or asks. These two
    are the judge's: a role speaks in identifiers that it sees.
    """

    heard: list[Heard[Any]] = field(default_factory=list)
    raw: list[Raw] = field(default_factory=list)
    waiting: list[tuple[datetime, Dump]] = field(default_factory=list)
    dumps: dict[str, list[tuple[datetime, Dump]]] = field(default_factory=lambda: {app: [] for app in APPS})
    moments: list[Moment] = field(default_factory=list)
    metrics: list[str] = field(default_factory=list)
    logs: str = ""
    traces: str = ""
    public: list[Mapping[str, Any]] = field(default_factory=list)
    between: list[Mapping[str, Any]] = field(default_factory=list)
    receipts: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    pools: dict[str, str] = field(default_factory=dict)

    def events(self, *types: type[Any]) -> list[Heard[Any]]:
        """Events of these types, each once, in the order in which they were heard."""
        once: dict[tuple[str, str], Heard[Any]] = {}
        for heard in self.heard:
            if isinstance(heard.event, types):
                once.setdefault((heard.source, heard.id), heard)
        return list(once.values())
