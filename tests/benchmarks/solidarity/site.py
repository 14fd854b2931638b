"""Where a replay happens: topics, databases and processes of its own, on a given Kafka and PostgreSQL."""

import asyncio
import contextlib
import secrets
import ssl
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import httpx
from b40_chassis.clock import tick
from b40_chassis.cursor import Offsets
from b40_chassis.packing import Packer, headers_of
from b40_chassis.reaching import Kafka
from b40_chassis.sealing import Seal, read_seals
from b40_contracts.catalogue import TOPICS
from b40_contracts.cloudevents import KafkaRecord
from b40_contracts.platform import CLOCK
from b40_contracts.registry import INTAKE as REGISTRY_INTAKE
from b40_contracts.topic import Topic
from b40_infra.certificates import Authority
from b40_infra.local import ports
from b40_infra.topics import admin_client
from b40_infra.topics import settings as topic_settings
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

from tests.benchmarks.events import Sender
from tests.benchmarks.site import ANSWER_SECONDS_MAX, Machine
from tests.benchmarks.solidarity.facts import Fact, packed
from tests.support.copies import Copy
from tests.support.stage import at_rest

APPS = ("solidarity-needs", "solidarity-gifts", "solidarity-matcher")
NEEDS, GIFTS, MATCHER = APPS
REGISTRY = "registry"
MODULES = {REGISTRY: "b40_registry"} | {name: "b40_" + name.replace("-", ".") for name in APPS}
READY_SECONDS_MAX = 60
QUIET_SECONDS_MAX = 1_800
ASK_SECONDS = 0.05
TLS = "replay"


class Site:
    """The three apps as processes, each with its database, and registry until it has admitted the city."""

    def __init__(self, machine: Machine, *, tls: bool = False) -> None:
        self.machine = machine
        self._tls = tls
        self.prefix = f"r{uuid4().hex[:8]}-"
        self.folder: Path
        self.copies: dict[str, Copy] = {}
        self.databases: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self.seals: Mapping[str, Seal]
        self.packer: Packer
        self.published = {topic.name: 0 for topic in TOPICS}
        self._topics = {topic.name: topic for topic in TOPICS if _is_ours(topic)}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="b40-replay-")))
            await asyncio.to_thread(self._create_topics)
            self._stack.push_async_callback(asyncio.to_thread, self._delete_topics)
            await self._make_databases()
            self._sender = Sender(self.machine.kafka, linger=20)
            self._offsets = Offsets(Kafka(self.machine.kafka), self.prefix, self._partitions())
            await self._offsets.start()
            self._stack.push_async_callback(self._offsets.stop)
            self._client = await self._stack.enter_async_context(self._trusting())
            for name in MODULES:
                self._start(name)
            for name in MODULES:
                await self._ready(name)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for copy in self.copies.values():
            if copy.child.alive:
                copy.ask_to_stop()
        await self._stack.aclose()

    def processes(self) -> dict[str, int]:
        """The process ids of the apps and of the parts that they share."""
        own = {name: copy.child.pid for name, copy in self.copies.items() if copy.child.pid is not None}
        return {**own, **self.machine.processes()}

    async def end(self, name: str) -> None:
        """End an app that is not needed any more."""
        await asyncio.to_thread(self.copies.pop(name).end)

    def pack(self, facts: list[Fact]) -> list[tuple[str, KafkaRecord]]:
        """Facts as they will stand on the intakes."""
        return packed(self.packer, facts)

    def publish(self, records: list[tuple[str, KafkaRecord]]) -> None:
        """Write records on the intakes, in order. Returns when all have arrived."""
        for topic, record in records:
            self._sender.send(self.prefix + topic, record)
            self.published[topic] += 1
        self._sender.finish()

    def report(self, fact: Fact) -> None:
        """Write what the registry is told."""
        self._put(REGISTRY_INTAKE.name, self.packer.pack_event(REGISTRY_INTAKE.name, fact.described()))

    def tick(self, now: Any) -> None:
        """Say what time it is."""
        self._put(CLOCK.name, self.packer.pack_event(CLOCK.name, tick(now)))

    def _put(self, topic: str, one: Any) -> None:
        self._sender.send(self.prefix + topic, KafkaRecord(one.key, one.value, headers_of(one.headers)))
        self._sender.finish()

    async def quiet(self) -> None:
        """Return when nothing is on its way any more. Raises TimeoutError."""
        async with asyncio.timeout(QUIET_SECONDS_MAX):
            while True:
                for copy in self.copies.values():
                    copy.child.require_alive()
                ends = await self._offsets.ends(self._partitions())
                statuses = [await self.status(name) for name in self.copies]
                is_quiet = all(at_rest(status, ends) for status in statuses)
                if is_quiet and ends == await self._offsets.ends(self._partitions()):
                    return
                await asyncio.sleep(ASK_SECONDS)

    async def status(self, name: str) -> dict[str, Any]:
        """How an app stands."""
        status: dict[str, Any] = (await self._asked(name, "status")).raise_for_status().json()
        return status

    async def _asked(self, name: str, what: str) -> httpx.Response:
        """An answer of an app's operations port."""
        scheme = "https" if self._tls else "http"
        return await self._client.get(f"{scheme}://{ports.HOST}:{self.copies[name].operations_port}/{what}")

    async def ends(self, topic: str) -> int:
        """How many records a topic has."""
        parts = [(topic, number) for number in range(self._topics[topic].partitions)]
        return sum((await self._offsets.ends(parts)).values())

    def environment(self, name: str) -> dict[str, str]:
        """The settings of an app."""
        return {
            "B40_KAFKA": self.machine.kafka,
            "B40_DATABASE": self.address(name),
            "B40_TOPIC_PREFIX": self.prefix,
            "B40_SECRET": self._secrets[name],
            "B40_SEALED_KEYS": str(self.folder),
            "B40_LOG_LEVEL": "WARNING",
            **({"B40_TLS": str(self.folder / f"{TLS}.pem")} if self._tls else {}),
        }

    def _trusting(self) -> httpx.AsyncClient:
        """A client of the operations ports; with TLS it trusts the authority that signs for the apps."""
        if not self._tls:
            return httpx.AsyncClient(timeout=30)
        authority = Authority(self.folder)
        authority.issue(self.folder, TLS, [ports.HOST])
        trusted = ssl.create_default_context(cafile=str(authority.certificate_file))
        at_once = httpx.Limits(max_keepalive_connections=0)  # an app that ends waits for what is kept open
        return httpx.AsyncClient(timeout=30, verify=trusted, limits=at_once)

    async def _ready(self, name: str) -> None:
        """Wait until an app is ready. Raises TimeoutError."""
        async with asyncio.timeout(READY_SECONDS_MAX):
            while True:
                self.copies[name].child.require_alive()
                with contextlib.suppress(httpx.HTTPError):
                    if (await self._asked(name, "ready")).status_code == 200:
                        return
                await asyncio.sleep(ASK_SECONDS)

    def _start(self, name: str) -> None:
        copy = Copy(name, MODULES[name], self.folder, self.environment(name))
        self.copies[name] = copy
        copy.start()
        self._stack.push_async_callback(asyncio.to_thread, copy.end)

    async def _make_databases(self) -> None:
        for topic in self._topics.values():
            if topic.sealed:
                (self.folder / f"{topic.name}.key").write_text(f"k1 {secrets.token_hex(32)}\n")
        self.seals = read_seals(self.folder, list(self._topics.values()))
        self.packer = Packer("//replay.example", self.seals)
        self._secrets = {name: secrets.token_hex(32) for name in MODULES}
        administrator = await asyncpg.connect(self.machine.postgres)
        self._stack.push_async_callback(administrator.close)
        for name in MODULES:
            database = self._database(name)
            await administrator.execute(f"CREATE DATABASE {database}")
            self._stack.push_async_callback(administrator.execute, f"DROP DATABASE {database} WITH (FORCE)")
            self.databases[name] = await asyncpg.connect(self.address(name))
            self._stack.push_async_callback(self.databases[name].close)

    def _database(self, name: str) -> str:
        return f"{self.prefix}{name}".replace("-", "_")

    def address(self, name: str) -> str:
        """The address of an app's database."""
        return urlsplit(self.machine.postgres)._replace(path=f"/{self._database(name)}").geturl()

    def _partitions(self) -> list[tuple[str, int]]:
        return [(topic.name, number) for topic in self._topics.values() for number in range(topic.partitions)]

    def _create_topics(self) -> None:
        client = admin_client(self.machine.kafka)
        wanted = [
            NewTopic(self.prefix + topic.name, topic.partitions, 1, config=topic_settings(topic))
            for topic in self._topics.values()
        ]
        for made in client.create_topics(wanted).values():
            made.result(ANSWER_SECONDS_MAX)

    def _delete_topics(self) -> None:
        client = admin_client(self.machine.kafka)
        for gone in client.delete_topics([self.prefix + name for name in self._topics]).values():
            gone.result(ANSWER_SECONDS_MAX)


def _is_ours(topic: Topic) -> bool:
    return topic.producer in MODULES or any(topic.hears(name) for name in MODULES)
