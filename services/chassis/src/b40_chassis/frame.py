"""What the parts of one running app share: its value, its database, its secrets, the bells that wake its workers."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from b40_contracts.event import Event, type_without_version
from b40_contracts.platform import CLOCK
from b40_contracts.topic import Kind, Topic

from b40_chassis.application import Application
from b40_chassis.hears import Connection
from b40_chassis.identity import Identity
from b40_chassis.integrators import Integrators
from b40_chassis.packing import Packer
from b40_chassis.problems import Problem
from b40_chassis.reading import Reader
from b40_chassis.sealing import read_seals
from b40_chassis.settings import Settings, Strangers
from b40_chassis.work import Work, Written

REQUEST_SECONDS_MAX = 10.0
"""How long a request may wait for a connection."""


@dataclass(slots=True)
class Bells:
    """Rung after a commit that left something to do; the relay, the workers and the releaser wait for theirs.

    ``leading`` says that the relay of this very process leads: no other needs to be woken.
    """

    outbox: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    leading: bool = False


@dataclass(slots=True)
class Frame:
    """One app, ready to work: everything that does not change while it runs."""

    application: Application
    settings: Settings
    pool: "asyncpg.Pool[asyncpg.Record]"
    identity: Identity
    secret: bytes
    heard: Mapping[str, Topic]
    said: Mapping[type[Event], Topic]
    intakes: Mapping[str, Topic]
    versioned: frozenset[str]
    refusals: Topic | None
    reader: Reader
    packer: Packer
    bells: Bells = field(default_factory=Bells)
    integrators: Integrators = field(default_factory=Integrators)
    state_topics: frozenset[str] = field(init=False)
    """Those of the topics heard that are of states; they go by version."""
    event_topics: frozenset[str] = field(init=False)
    """Those whose events go by the inbox: all others but ticks."""
    open_intakes: frozenset[str] = field(init=False)
    """The intakes that Kafka reaches too: whoever may write there can name anybody as the sender."""
    strangers_allowed: bool = field(init=False)
    """Whether sources that nobody registered may report."""
    own_states: Mapping[str, type[Event]] = field(init=False)
    """The state topics that the app announces and hears, with the state that is on them."""
    sources: dict[str, int] = field(default_factory=dict)
    """Numbers that the inbox has given to sources, as far as they are known (in a database put back they may differ,
    but then the process ends)."""
    requests: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self.state_topics = frozenset(name for name, topic in self.heard.items() if topic.is_state)
        self.event_topics = frozenset(self.heard) - self.state_topics - {CLOCK.name}
        self.open_intakes = frozenset(name for name, topic in self.intakes.items() if not topic.sealed)
        self.strangers_allowed = self.settings.strangers is Strangers.ALLOWED
        own = {topic.name: state for state, topic in self.said.items() if topic.is_state}
        self.own_states = {name: state for name, state in own.items() if name in self.state_topics}
        self.requests = asyncio.Semaphore(self.settings.pool_size // 2)

    @property
    def source(self) -> str:
        """The CloudEvents source of what this app announces."""
        return source_of(self.application.name)

    @property
    def first(self) -> tuple[str, ...]:
        """Topics heard *first*: states, what the app itself announces, ticks (design 5.2)."""
        return tuple(name for name, topic in self.heard.items() if self._is_first(topic))

    @property
    def main(self) -> tuple[str, ...]:
        """Topics heard when *first* has caught up."""
        return tuple(name for name, topic in self.heard.items() if not self._is_first(topic))

    @property
    def partitions(self) -> list[tuple[str, int]]:
        """All partitions of the topics that the app hears."""
        return [(name, number) for name, topic in self.heard.items() for number in range(topic.partitions)]

    @asynccontextmanager
    async def for_request(self) -> AsyncIterator[Connection]:
        """A connection for a request. At most half of the pool goes to requests: what is heard needs some too.

        Raises Problem when none is free for long.
        """
        try:
            await asyncio.wait_for(self.requests.acquire(), REQUEST_SECONDS_MAX)
        except TimeoutError:
            raise Problem(503, "Busy", "too many requests wait for the database: try again later") from None
        try:
            async with self.pool.acquire() as connection:
                yield connection
        finally:
            self.requests.release()

    def work(self, connection: Connection, now: datetime, written: Written) -> Work:
        """What a handler gets."""
        return Work(connection, now, self.identity, self.said.__getitem__, self.intakes, written)

    def _is_first(self, topic: Topic) -> bool:
        return topic.is_state or topic.producer == self.application.name or topic.name == CLOCK.name


def source_of(app: str) -> str:
    """The CloudEvents source of an app: ``//b40/registry``."""
    return f"//b40/{app}"


def _versioned(topic: Topic) -> Iterable[str]:
    """The types that a topic has in several versions, said one after the other under the same id."""
    versions = Counter(type_without_version(event.type) for event in topic.events)
    return (event.type for event in topic.events if versions[type_without_version(event.type)] > 1)


def build(application: Application, settings: Settings, pool: "asyncpg.Pool[asyncpg.Record]") -> Frame:
    """Put the parts together. Raises ValueError if a secret or the key of a sealed topic is missing or malformed."""
    name = application.name
    heard = {topic.name: topic for topic in application.topics if topic.hears(name)}
    said = [topic for topic in application.topics if topic.producer == name]
    intakes = {topic.name: topic for topic in heard.values() if topic.kind is Kind.INTAKE}
    seals = read_seals(settings.sealed_keys, [*heard.values(), *said])
    secret = settings.secret_bytes()
    refusals = [topic for topic in said if topic.kind is Kind.REFUSALS]
    return Frame(
        application=application,
        settings=settings,
        pool=pool,
        identity=Identity(secret),
        secret=secret,
        heard=heard,
        said={event: topic for topic in said if topic.kind is not Kind.REFUSALS for event in topic.events},
        intakes=intakes,
        versioned=frozenset(type_ for topic in heard.values() for type_ in _versioned(topic)),
        refusals=refusals[0] if refusals else None,
        reader=Reader(heard, seals),
        packer=Packer(source_of(name), seals),
    )
