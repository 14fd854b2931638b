"""A ground for copies of the ledger: topics, a database, a sender, and the arithmetic of what became of all transfers.

async with Ground(kafka, postgres, folder) as ground:
    copy = ground.copy("a")
    copy.start()
    await ground.give(1_000)
    await ground.settled()
    assert await ground.findings() == Findings()
"""

import asyncio
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from b40_contracts.cloudevents import describe, from_kafka, read, to_kafka
from b40_infra.topics import admin_client
from b40_infra.topics import settings as topic_settings
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

from tests.support.copies import Copy
from tests.support.databases import empty_database
from tests.support.ledger.facts import BOOKS, INTAKE, TOPICS, TransferBooked, TransferReported
from tests.support.ledger.second import TransferBookedSecond

BOOKED = {each.type: each for each in (TransferBooked, TransferBookedSecond)}
SENDER = "//bank.example/ledger"
BEGUN = datetime(2022, 6, 20, tzinfo=UTC)

Key = tuple[str, int]
"""Account and number: one transfer."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with the books or with what was announced; all empty if nothing is."""

    lost: tuple[Key, ...] = ()
    doubled: tuple[Key, ...] = ()
    reordered: tuple[str, ...] = ()
    unannounced: tuple[Key, ...] = ()
    announced_twice: tuple[Key, ...] = ()
    announced_out_of_order: tuple[str, ...] = ()
    unbalanced: int = 0


@dataclass(slots=True)
class Given:
    """Transfers that were sent: the last number of each account, and what is excused from being booked."""

    last: Counter[str] = field(default_factory=Counter)
    excused: set[Key] = field(default_factory=set)

    def expected(self) -> set[Key]:
        """All that must be booked."""
        return {(account, n) for account, last in self.last.items() for n in range(1, last + 1)} - self.excused


class Ground:
    """Where copies of the ledger run. ``settings`` are added to the environment of all copies."""

    def __init__(self, kafka: str, postgres: str, folder: Path, *, accounts: int = 20, **settings: str) -> None:
        self.kafka = kafka
        self.prefix = f"g{uuid4().hex[:8]}-"
        self.given = Given()
        self.copies: dict[str, Copy] = {}
        self.database: str
        self._postgres = postgres
        self._folder = folder
        self._accounts = [f"account-{number}" for number in range(accounts)]
        self._settings = {
            "B40_TOPIC_PREFIX": self.prefix,
            "B40_SECRET": secrets.token_hex(32),
            "B40_KAFKA": kafka,
            **settings,
        }
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.database = await self._stack.enter_async_context(empty_database(self._postgres))
        await asyncio.to_thread(self._create_topics)
        self._stack.push_async_callback(asyncio.to_thread, self._delete_topics)
        self._producer = AIOKafkaProducer(bootstrap_servers=self.kafka, enable_idempotence=True)
        await self._producer.start()
        self._stack.push_async_callback(self._producer.stop)
        return self

    async def __aexit__(self, *_: object) -> None:
        for copy in self.copies.values():
            await asyncio.to_thread(copy.end)
        await self._stack.aclose()

    def copy(self, name: str, *arguments: str, module: str = "tests.support.ledger", **settings: str) -> Copy:
        """A copy of the ledger, not started yet. ``settings`` replace those of the ground, for this copy."""
        environment = {**self._settings, "B40_DATABASE": self.database, **settings}
        self.copies[name] = Copy(name, module, self._folder, environment, *arguments)
        return self.copies[name]

    async def started(self, *names: str) -> list[Copy]:
        """New copies, running and ready."""
        made = [self.copy(name) for name in names]
        for copy in made:
            copy.start()
        await until(lambda: _all_ready(made), 60)
        return made

    async def give(
        self,
        transfers: int,
        *,
        amount: int = 1,
        doubled: bool = False,
        reported: type[TransferReported] = TransferReported,
    ) -> None:
        """Send transfers, round by round over the accounts; ``doubled`` sends each twice. Returns when acknowledged."""
        sent: list[Awaitable[object]] = []
        for number in range(transfers):
            account = self._accounts[number % len(self._accounts)]
            receiver = self._accounts[(number * 7 + 1) % len(self._accounts)]
            self.given.last[account] += 1
            transfer = reported(account=account, number=self.given.last[account], receiver=receiver, amount=amount)
            sent += [await self._send(transfer) for _ in range(2 if doubled else 1)]
        await asyncio.gather(*sent)

    async def send(self, transfer: TransferReported) -> None:
        """Send one transfer of your own; it is not counted among those given."""
        await (await self._send(transfer))

    async def send_raw(self, key: bytes, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]) -> None:
        """Send bytes, good or bad, to the intake."""
        await self._producer.send_and_wait(self.prefix + INTAKE.name, value, key=key, headers=list(headers))

    async def settled(self, seconds_max: float = 60) -> float:
        """Wait until all that was given is booked and announced. Returns how long it took, in seconds."""
        begun = time.monotonic()
        await until(self._at_rest, seconds_max)
        return time.monotonic() - begun

    async def findings(self) -> Findings:
        """Compare the books and the announcements with what was given."""
        booked = await self.booked()
        announced = await self.announced()
        counted, said = Counter(booked), Counter(announced)
        sums = await self.query("SELECT coalesce(sum(amount), 0)::bigint AS all FROM balance")
        return Findings(
            lost=_told(self.given.expected() - counted.keys()),
            doubled=_told(key for key, times in counted.items() if times > 1),
            reordered=_reordered(booked),
            unannounced=_told(counted.keys() - said.keys()),
            announced_twice=_told(key for key, times in said.items() if times > 1),
            announced_out_of_order=_reordered(announced),
            unbalanced=sums[0]["all"],
        )

    async def booked(self) -> list[Key]:
        """The transfers in the books, in order of booking."""
        rows = await self.query("SELECT account, number FROM transfer ORDER BY place")
        return [(row["account"], row["number"]) for row in rows]

    async def announced(self) -> list[Key]:
        """The transfers announced, each id once, in log order per account."""
        events: dict[str, Key] = {}
        async with AsyncExitStack() as stack:
            consumer = AIOKafkaConsumer(
                bootstrap_servers=self.kafka, enable_auto_commit=False, auto_offset_reset="earliest"
            )
            await consumer.start()
            stack.push_async_callback(consumer.stop)
            partitions = [TopicPartition(self.prefix + BOOKS.name, number) for number in range(BOOKS.partitions)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            while any([await consumer.position(each) < ends[each] for each in partitions]):
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        cloud_event = from_kafka(record.key, record.value, record.headers)
                        event = read(cloud_event, BOOKED)
                        assert isinstance(event, TransferBooked)
                        events.setdefault(cloud_event.id, (event.account, event.number))
        return list(events.values())

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold the table of balances, for however long: copies fetch and begin, but nothing is booked meanwhile."""
        unbounded = {"idle_in_transaction_session_timeout": "0"}
        connection = await asyncpg.connect(self.database, server_settings=unbounded)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE balance IN EXCLUSIVE MODE")
                yield
        finally:
            await connection.close()

    async def query(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """Look into the ledger's database, on a connection of its own."""
        connection = await asyncpg.connect(
            urlsplit(self._postgres)._replace(path=urlsplit(self.database).path).geturl()
        )
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()

    async def _at_rest(self) -> bool:
        try:
            rows = await self.query(
                """SELECT (SELECT count(*) FROM (SELECT DISTINCT account, number FROM transfer) AS booked) AS booked,
                     EXISTS (SELECT FROM b40.outbox WHERE sent IS NULL) AS waiting"""
            )
        except (OSError, asyncpg.PostgresError):
            return False
        return rows[0]["booked"] >= len(self.given.expected()) and not rows[0]["waiting"]

    async def _send(self, transfer: TransferReported) -> Awaitable[object]:
        id_ = f"{transfer.account}-{transfer.number}"
        record = to_kafka(describe(transfer, id=id_, source=SENDER, time=BEGUN))
        sent: Awaitable[object] = await self._producer.send(
            self.prefix + INTAKE.name, record.value, key=record.key, headers=record.headers
        )
        return sent

    def _delete_topics(self) -> None:
        client = admin_client(self.kafka)
        for deleted in client.delete_topics([self.prefix + topic.name for topic in TOPICS]).values():
            deleted.result(20)

    def _create_topics(self) -> None:
        client = admin_client(self.kafka)
        wanted = [
            NewTopic(self.prefix + topic.name, topic.partitions, 1, config=topic_settings(topic)) for topic in TOPICS
        ]
        for made in client.create_topics(wanted).values():
            made.result(20)


async def until(condition: Callable[[], Awaitable[bool]], seconds_max: float = 30) -> None:
    """Wait until a condition holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds_max):
        while not await condition():  # noqa: ASYNC110  (in other processes)
            await asyncio.sleep(0.05)


async def _all_ready(copies: Sequence[Copy]) -> bool:
    return all(await asyncio.gather(*(copy.ready() for copy in copies)))


def _told(keys: Iterable[Key]) -> tuple[Key, ...]:
    return tuple(sorted(keys))


def _reordered(keys: Sequence[Key]) -> tuple[str, ...]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for account, number in keys:
        numbers[account].append(number)
    return tuple(sorted(account for account, came in numbers.items() if came != sorted(came)))
