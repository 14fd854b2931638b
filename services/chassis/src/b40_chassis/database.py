"""The app's own database: a pool of connections, and migrations as numbered SQL files.

Old copies of an app work on while a new one migrates: a migration waits for a lock only for a moment, gives way, and
tries again, so that it never queues behind a long transaction with everybody else queueing behind it.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import structlog
from asyncpg.connection import Connection as PlainConnection

from b40_chassis.hears import Connection

log = structlog.get_logger()

MIGRATION_LOCK = 0xB40
FRAME_MIGRATIONS = Path(__file__).parent / "migrations"

COMMAND_SECONDS_MAX = 15.0
"""How long one statement may take, a migration's whole script included; and how long connecting may."""
FROZEN_SECONDS_MAX = 15.0
"""How long a copy may keep the lock of migrations and do nothing."""
LOCK_SECONDS_MAX = 1.0
"""How long a migration waits for a lock, and at most holds up who comes after it for the same table."""
PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 120.0
"""How long a copy tries to migrate before it gives up, ends, and is started again."""

SESSION_SETTINGS = {
    "idle_in_transaction_session_timeout": "15s",
    "transaction_timeout": "18s",
    "timezone": "UTC",
    "application_name": "b40",
    "random_page_cost": "1.1",
    "jit": "off",
}
"""The last two are for how an app asks: rows by their keys, which are in memory or on a disk without moving parts. With
PostgreSQL's defaults, made for other disks and for reports, it would rather read a table whole that grows for years."""


class MigrationChanged(Exception):
    """A migration that was already applied is not what it was; a new one must be written instead."""


Meet = Callable[["PlainConnection[asyncpg.Record]"], Awaitable[None]]


class NotMigrated(OSError):
    """The owner of the database has not applied what this version needs: it is waited for."""


class MigrationBlocked(Exception):
    """A migration could not be applied in time: others hold what it needs, or it takes longer than it may."""


@dataclass(frozen=True, slots=True)
class Script:
    """One migration: ``frame/0001_frame.sql`` or one of the service's."""

    name: str
    sql: str

    @property
    def checksum(self) -> bytes:
        """What tells whether it changed after it was applied."""
        return hashlib.sha256(self.sql.encode()).digest()


async def open_pool(address: str, size: int, meet: Meet | None = None) -> "asyncpg.Pool[asyncpg.Record]":
    """Open the pool. Every connection reads and writes JSON as Python objects and ends what takes too long.

    ``meet`` is called with each new connection before it is used for anything else. Who changes the session of one
    (locks, settings that outlive a transaction) takes it by ``session``.
    """

    async def begin(connection: "PlainConnection[asyncpg.Record]") -> None:
        await _read_json(connection)
        if meet is not None:
            await meet(connection)

    return await asyncpg.create_pool(
        address,
        min_size=2,
        max_size=size,
        timeout=COMMAND_SECONDS_MAX,
        command_timeout=COMMAND_SECONDS_MAX,
        server_settings=SESSION_SETTINGS,
        init=begin,
        reset=_leave,
    )


async def _leave(connection: "PlainConnection[asyncpg.Record]") -> None:
    """Give a connection back as it is. (What asyncpg does else is a question to the server after every use.)"""


@asynccontextmanager
async def session(pool: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Connection]:
    """A connection whose session may be changed: its locks and settings end with this."""
    async with pool.acquire() as connection:
        try:
            yield connection
        finally:
            if not connection.is_closed():
                await connection.reset()


async def migrate(pool: "asyncpg.Pool[asyncpg.Record]", folder: Path) -> None:
    """Apply what is new of the frame's and of the service's migrations, one copy at a time, each in a transaction.

    What a newer version applied, and this one does not know, is left alone: an old copy may start after a new one.
    Raises MigrationChanged, before anything is applied, if an applied file has another content now, and
    MigrationBlocked.
    """
    async with session(pool) as connection:
        await _wait_for_turn(connection)
        await connection.execute(
            """CREATE SCHEMA IF NOT EXISTS b40;
               CREATE TABLE IF NOT EXISTS b40.migration (name text PRIMARY KEY, checksum bytea NOT NULL)"""
        )
        for script in await _missing(connection, folder):
            await _apply_patiently(connection, script)


async def migrated(pool: "asyncpg.Pool[asyncpg.Record]", folder: Path) -> None:
    """Return if all of these migrations are applied. Raises NotMigrated if not, and MigrationChanged."""
    async with pool.acquire() as connection:
        try:
            missing = await _missing(connection, folder)
        except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError, asyncpg.InsufficientPrivilegeError):
            raise NotMigrated("nothing is there yet: run this app with --migrate, as the database's owner") from None
    if missing:
        raise NotMigrated(f"{missing[0].name} is missing: run this version with --migrate, as the database's owner")


async def _missing(connection: Connection, folder: Path) -> Sequence[Script]:
    """What is not applied yet of the frame's and of the service's migrations. Raises MigrationChanged."""
    applied = {row["name"]: row["checksum"] for row in await connection.fetch("SELECT * FROM b40.migration")}
    scripts = [*_scripts("frame", FRAME_MIGRATIONS), *_scripts("service", folder)]
    for script in scripts:
        if applied.get(script.name, script.checksum) != script.checksum:
            raise MigrationChanged(f"{script.name} was applied with another content: write a new migration")
    return [script for script in scripts if script.name not in applied]


async def _wait_for_turn(connection: Connection) -> None:
    """Take the lock of migrations. A copy that freezes with it loses its session, and so the lock."""
    await connection.execute(f"SET idle_session_timeout = '{FROZEN_SECONDS_MAX:.0f}s'")
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", MIGRATION_LOCK):  # noqa: ASYNC110
                await asyncio.sleep(PAUSE_SECONDS)
    except TimeoutError as error:
        raise MigrationBlocked(f"another copy migrates since {PATIENCE_SECONDS:.0f} s") from error


async def _apply_patiently(connection: Connection, script: Script) -> None:
    """Apply a migration, again and again until nobody holds what it needs. Raises MigrationBlocked."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        try:
            return await _apply(connection, script)
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            if asyncio.get_running_loop().time() > deadline:
                detail = f"others held what it needs for {PATIENCE_SECONDS:.0f} s"
                raise MigrationBlocked(f"{script.name}: {detail}") from error
            log.info("a migration waits for a lock", migration=script.name)
            await asyncio.sleep(PAUSE_SECONDS)
        except TimeoutError as error:
            detail = f"longer than {COMMAND_SECONDS_MAX:.0f} s, while its locks hold others up: make it smaller"
            raise MigrationBlocked(f"{script.name}: {detail}") from error


async def _apply(connection: Connection, script: Script) -> None:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS_MAX * 1000:.0f}ms'")
        await connection.execute(script.sql)
        await connection.execute("INSERT INTO b40.migration VALUES ($1, $2)", script.name, script.checksum)


def _scripts(owner: str, folder: Path) -> Sequence[Script]:
    return [Script(f"{owner}/{path.name}", path.read_text("utf-8")) for path in sorted(folder.glob("*.sql"))]


async def _read_json(connection: "PlainConnection[asyncpg.Record]") -> None:
    for type_ in ("json", "jsonb"):
        await connection.set_type_codec(type_, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
