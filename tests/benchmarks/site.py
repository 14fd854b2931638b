"""Where one run happens: topics and a database of its own, on the Kafka and PostgreSQL that all runs share."""

import asyncio
import secrets
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import psutil
from b40_infra.topics import admin_client
from b40_infra.topics import settings as topic_settings
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

from tests.support.copies import Copy
from tests.support.ledger.facts import TOPICS

ANSWER_SECONDS_MAX = 20


@dataclass(frozen=True, slots=True)
class Machine:
    """The parts that all runs share."""

    kafka: str
    postgres: str

    def processes(self) -> dict[str, int]:
        """The parts' process ids, to meter them; a part that runs elsewhere is missing."""
        listening = {"Kafka": _port(f"//{self.kafka}"), "PostgreSQL": _port(self.postgres)}
        found = {name: _listener(port) for name, port in listening.items()}
        return {name: pid for name, pid in found.items() if pid is not None}


class Site:
    """One run's topics, database, folder and copies. ``template`` is a database to begin with a copy of."""

    def __init__(self, machine: Machine, template: str | None = None) -> None:
        self.machine = machine
        self.kafka = machine.kafka
        self.prefix = f"b{uuid4().hex[:8]}-"
        self.folder: Path
        self.database_name = f"bench_{uuid4().hex}"
        self.database = urlsplit(machine.postgres)._replace(path=f"/{self.database_name}").geturl()
        self._template = template
        self._secret = secrets.token_hex(32)
        self._stack = AsyncExitStack()
        self._observer: asyncpg.Connection[asyncpg.Record] | None = None

    async def __aenter__(self) -> Self:
        try:
            self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="b40-bench-")))
            await self.create_database()
            self._stack.push_async_callback(self._administer, f"DROP DATABASE {self.database_name} WITH (FORCE)")
            await asyncio.to_thread(self._create_topics)
            self._stack.push_async_callback(asyncio.to_thread, self._delete_topics)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._observer is not None:
            await self._observer.close()
        await self._stack.aclose()

    async def create_database(self) -> None:
        """Create the database; entering does it too, and drops it at the end."""
        template = f"TEMPLATE {self._template} STRATEGY FILE_COPY" if self._template else ""
        await self._administer(f"CREATE DATABASE {self.database_name} {template}")

    def copy(self, name: str, *arguments: str, **further: str) -> Copy:
        """A copy of the ledger, not started yet, with further settings."""
        settings = {
            "B40_KAFKA": self.kafka,
            "B40_DATABASE": self.database,
            "B40_TOPIC_PREFIX": self.prefix,
            "B40_SECRET": self._secret,
            "B40_LOG_LEVEL": "WARNING",
            **further,
        }
        return Copy(name, "tests.support.ledger", self.folder, settings, *arguments)

    async def value(self, statement: str) -> int:
        """What a statement yields, asked on a connection of its own; 0 if its tables are not there yet."""
        if self._observer is None:
            self._observer = await asyncpg.connect(self.database)
        try:
            return int(await self._observer.fetchval(statement) or 0)
        except asyncpg.UndefinedTableError:
            return 0

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.machine.postgres)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _create_topics(self) -> None:
        client = admin_client(self.kafka)  # what is asked ends with its client
        wanted = [
            NewTopic(self.prefix + topic.name, topic.partitions, 1, config=topic_settings(topic)) for topic in TOPICS
        ]
        for made in client.create_topics(wanted).values():
            made.result(ANSWER_SECONDS_MAX)

    def _delete_topics(self) -> None:
        client = admin_client(self.kafka)
        mine = [name for name in client.list_topics(timeout=ANSWER_SECONDS_MAX).topics if self.prefix in name]
        for gone in client.delete_topics(mine).values():
            gone.result(ANSWER_SECONDS_MAX)


async def until(condition: Callable[[], bool], seconds_max: float) -> None:
    """Wait until a condition holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds_max):
        while not condition():  # noqa: ASYNC110  (in other processes)
            await asyncio.sleep(0.01)


def _port(address: str) -> int:
    port = urlsplit(address).port
    assert port is not None, "the address of a part has a port"
    return port


def _listener(port: int) -> int | None:
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
            return connection.pid
    return None
