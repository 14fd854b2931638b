"""A stage: apps on a real Kafka and a real PostgreSQL, in this process, with topics and databases of their own.

async with Stage(kafka, postgres, application) as stage:
    await stage.publish(CityDescribed(...), time="2022-06-20")
    await stage.tick("2022-06-21")
    await stage.quiet()
    assert stage.said(CityAdmitted) == [CityAdmitted(...)]
"""

import asyncio
import hashlib
import itertools
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from b40_chassis.application import Application
from b40_chassis.clock import tick
from b40_chassis.cursor import Offsets
from b40_chassis.hears import Heard
from b40_chassis.packing import Packed, Packer, headers_of
from b40_chassis.reaching import Kafka
from b40_chassis.reading import Readable, Reader
from b40_chassis.record import record_of
from b40_chassis.sealing import read_seals
from b40_chassis.service import Service
from b40_chassis.settings import Settings
from b40_contracts.cloudevents import describe
from b40_contracts.event import Event
from b40_contracts.platform import CLOCK, EventRefused
from b40_contracts.topic import Kind, Topic
from b40_infra.topics import admin_client
from b40_infra.topics import settings as topic_settings
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]
from pydantic import SecretStr

QUIET_SECONDS_MAX = 90.0
ASK_SECONDS = 0.02
INTEGRATOR = "//integrator.example/test"

E = TypeVar("E", bound=Event)


class NotQuiet(AssertionError):
    """The apps did not come to rest in time."""


class Stage:
    """Apps, their topics and databases, and a recorder that hears all that is said on their topics."""

    def __init__(
        self, kafka: str, postgres: str, *applications: Application, secret: str | None = None, **settings: Any
    ) -> None:
        self.kafka = kafka
        self.prefix = f"t{uuid4().hex[:8]}-"
        self.services: dict[str, Service] = {}
        self.settings: dict[str, Settings] = {}
        self.heard: list[Heard[Any]] = []
        self._extra = settings
        self._secret = secret or secrets.token_hex(32)
        self._postgres = postgres
        self._applications = {application.name: application for application in applications}
        self._topics = _topics_of(applications)
        self._stack = AsyncExitStack()
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> Self:
        try:
            folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="b40-stage-")))
            await asyncio.to_thread(self._create_topics)
            self._stack.push_async_callback(asyncio.to_thread, self._delete_topics)
            await self._prepare_settings(folder)
            await self._start_clients(folder)
            await asyncio.gather(*(self.start(name) for name in self._applications))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(self.stop(name) for name in list(self.services)))
        await self._stack.aclose()

    async def start(self, name: str) -> Service:
        """Start an app; also one that was stopped, on the same database."""
        service = Service(self._applications[name], self.settings[name])
        self.services[name] = await service.__aenter__()
        return service

    async def stop(self, name: str) -> None:
        """Stop an app."""
        await self.services.pop(name).__aexit__()

    def environment(self, name: str) -> dict[str, str]:
        """The settings of an app, for a copy of it as a process of its own."""
        chosen = self.settings[name]
        return {
            "B40_KAFKA": chosen.kafka,
            "B40_DATABASE": chosen.database.get_secret_value(),
            "B40_TOPIC_PREFIX": chosen.topic_prefix,
            "B40_SECRET": chosen.secret.get_secret_value(),
            "B40_SEALED_KEYS": str(chosen.sealed_keys),
        }

    async def publish(
        self,
        event: Event,
        *,
        source: str = INTEGRATOR,
        id: str | None = None,  # noqa: A002
        time: str | datetime = "2022-06-20",
    ) -> str:
        """Publish an event on its topic as its sender would. Returns its id."""
        id_ = id or f"{next(self._numbers):08d}"
        cloud_event = describe(event, id=id_, source=source, time=moment(time))
        packed = self._packer.pack_event(self._home(type(event)).name, cloud_event)
        await self._send(packed)
        return id_

    async def publish_raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]
    ) -> None:
        """Publish bytes, good or bad."""
        await self._producer.send_and_wait(self.prefix + topic, value, key=key, headers=list(headers))

    async def tick(self, now: str | datetime) -> None:
        """Say what time it is."""
        packed = self._packer.pack_event(CLOCK.name, tick(moment(now)))
        await self._send(packed)

    async def quiet(self) -> None:
        """Return when nothing is on its way any more, and the recorder has heard all. Raises NotQuiet."""
        statuses: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(QUIET_SECONDS_MAX):
                while True:
                    ends = await self._offsets.ends(self._partitions())
                    statuses = [await service.status() for service in self.services.values()]
                    is_quiet = self._recorded(ends) and all(at_rest(status, ends) for status in statuses)
                    if is_quiet and ends == await self._offsets.ends(self._partitions()):
                        return
                    await asyncio.sleep(ASK_SECONDS)
        except TimeoutError:
            raise NotQuiet(f"still on its way: {statuses}") from None

    def said(self, event: type[E]) -> list[E]:
        """The events of a type that were said so far, each id once, in log order per key."""
        once: dict[tuple[str, str], E] = {}
        for heard in self.heard:
            if isinstance(heard.event, event):
                once.setdefault((heard.source, heard.id), heard.event)
        return list(once.values())

    def refusals(self) -> list[EventRefused]:
        """What was refused."""
        return self.said(EventRefused)

    async def query(self, app: str, statement: str, *values: Any) -> list[asyncpg.Record]:
        """Look into an app's database."""
        return await self.services[app].frame.pool.fetch(statement, *values)

    def http(self, app: str) -> httpx.AsyncClient:
        """A client of an app's public port."""
        transport = httpx.ASGITransport(self.services[app].public_api())
        return httpx.AsyncClient(transport=transport, base_url=f"http://{app}")

    def operations(self, app: str) -> httpx.AsyncClient:
        """A client of an app's operations port."""
        transport = httpx.ASGITransport(self.services[app].operations_api())
        return httpx.AsyncClient(transport=transport, base_url=f"http://{app}")

    async def _send(self, packed: Packed) -> None:
        headers = headers_of(packed.headers)
        await self.publish_raw(packed.topic, packed.key, packed.value, headers)

    def _home(self, event: type[Event]) -> Topic:
        return next(
            topic for topic in self._topics.values() if event in topic.events and topic.kind is not Kind.REFUSALS
        )

    def _create_topics(self) -> None:
        wanted = [
            NewTopic(self.prefix + topic.name, topic.partitions, 1, config=topic_settings(topic))
            for topic in self._topics.values()
        ]
        client = admin_client(self.kafka)
        for made in client.create_topics(wanted).values():
            made.result(20)

    def _delete_topics(self) -> None:
        """Leave nothing behind: a broker with the topics of a thousand tests is slow."""
        client = admin_client(self.kafka)
        for deleted in client.delete_topics([self.prefix + name for name in self._topics]).values():
            deleted.result(20)

    async def _prepare_settings(self, folder: Path) -> None:
        for topic in self._topics.values():
            if topic.sealed:
                (folder / f"{topic.name}.key").write_text(f"k1 {self._key(topic.name)}\n")
        administrator = await asyncpg.connect(self._postgres)
        for name in self._applications:
            database = f"{self.prefix}{name}".replace("-", "_")
            await administrator.execute(f"CREATE DATABASE {database}")
            self.settings[name] = Settings(
                kafka=self.kafka,
                database=SecretStr(urlunsplit(urlsplit(self._postgres)._replace(path=f"/{database}"))),
                topic_prefix=self.prefix,
                secret=SecretStr(self._key(name)),
                sealed_keys=folder,
                **self._extra,
            )
        await administrator.close()

    def _key(self, of: str) -> str:
        """A secret of an app, or a key of a sealed topic: of its own, and the same again for the same ``secret``."""
        return hashlib.sha256(f"{self._secret} {of}".encode()).hexdigest()

    async def _start_clients(self, folder: Path) -> None:
        seals = read_seals(folder, list(self._topics.values()))
        self._packer = Packer(INTEGRATOR, seals)
        self._reader = Reader(self._topics, seals)
        self._producer = AIOKafkaProducer(bootstrap_servers=self.kafka, enable_idempotence=True)
        self._offsets = Offsets(Kafka(self.kafka), self.prefix, self._partitions())
        self._recorder = AIOKafkaConsumer(
            bootstrap_servers=self.kafka, enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=20
        )
        for client in (self._producer, self._offsets, self._recorder):
            await client.start()
            self._stack.push_async_callback(client.stop)
        self._recorder.assign([TopicPartition(self.prefix + topic, number) for topic, number in self._partitions()])
        self._taken: dict[tuple[str, int], int] = {}
        recording = asyncio.create_task(self._record())
        self._stack.push_async_callback(_ended, recording)

    async def _record(self) -> None:
        while True:
            batches = await self._recorder.getmany(timeout_ms=200)
            for records in batches.values():
                for raw in records:
                    record = record_of(raw, self.prefix)
                    self._taken[record.topic, record.partition] = record.offset + 1
                    reading = self._reader.read(record)
                    if isinstance(reading, Readable):
                        self.heard.append(reading.heard)

    def _recorded(self, ends: Mapping[tuple[str, int], int]) -> bool:
        return all(self._taken.get(each, 0) >= end for each, end in ends.items())

    def _partitions(self) -> list[tuple[str, int]]:
        return [(topic.name, number) for topic in self._topics.values() for number in range(topic.partitions)]


def moment(time: str | datetime) -> datetime:
    """A moment from ISO text; without a zone it is UTC."""
    parsed = datetime.fromisoformat(time) if isinstance(time, str) else time
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _topics_of(applications: Sequence[Application]) -> dict[str, Topic]:
    names = {application.name for application in applications}
    return {
        topic.name: topic
        for application in applications
        for topic in application.topics
        if topic.producer in names or any(topic.hears(name) for name in names)
    }


def at_rest(status: Mapping[str, Any], ends: Mapping[tuple[str, int], int]) -> bool:
    """Whether an app with this status has taken all up to these ends, and has nothing left to do."""
    if any(status[what] for what in ("outbox", "tasks", "released")):
        return False
    return all(
        ends[topic, int(number)] <= offset
        for topic, partitions in status["positions"].items()
        for number, offset in partitions.items()
    )


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
