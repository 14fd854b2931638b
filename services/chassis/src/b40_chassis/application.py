"""What one app is made of: a value that its ``app.py`` composes and that the chassis runs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from b40_contracts.event import Event
from b40_contracts.topic import Topic
from fastapi import APIRouter

from b40_chassis.hears import Connection, Hears
from b40_chassis.measures import Counter, Gauge
from b40_chassis.tasks import Tasks

StateReader = Callable[[Connection, Sequence[str]], Awaitable[Mapping[str, Event]]]
"""Reads the whole current state of these keys, set-based, by key. A key that is missing has no state (a tombstone)."""

GaugeReader = Callable[[Connection, datetime], Awaitable[float]]
"""Reads how a gauge stands in the database, at a time of the platform (its last tick)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """One app: name in the catalogue, topics of the catalogue, handlers, states, tasks, migrations, read API, metrics.

    ``topics`` is the whole catalogue; what the app hears and says follows from its name. ``migrations`` is a
    folder of ``0001_name.sql`` files. ``api`` goes to the public port, ``operations`` to the one for operations.
    ``counters`` are those that handlers count by ``work.count``, ``gauges`` are read when Prometheus asks; beside those
    that every app has, and without labels.
    """

    name: str
    topics: Sequence[Topic]
    hears: Hears
    migrations: Path
    states: Mapping[type[Event], StateReader] = field(default_factory=dict)
    tasks: Tasks = field(default_factory=Tasks)
    api: APIRouter = field(default_factory=APIRouter)
    operations: APIRouter = field(default_factory=APIRouter)
    counters: Sequence[Counter] = ()
    gauges: Mapping[Gauge, GaugeReader] = field(default_factory=dict)
