"""The app's own database: a pool of connections, and migrations as numbered SQL files."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import asyncpg
from asyncpg.connection import Connection as PlainConnection

MIGRATION_LOCK = 0xB40
FRAME_MIGRATIONS = Path(__file__).parent / "migrations"

SESSION_SETTINGS = {
    "idle_in_transaction_session_timeout": "15s",
    "transaction_timeout": "18s",
    "timezone": "UTC",
    "application_name": "b40",
}


class MigrationChanged(Exception):
    """A migration that was already applied is not what it was; a new one must be written instead."""


async def open_pool(address: str, size: int) -> "asyncpg.Pool[asyncpg.Record]":
    """Open the pool. Every connection reads and writes JSON as Python objects and ends what takes too long."""
    return await asyncpg.create_pool(
        address, min_size=2, max_size=size, command_timeout=15, server_settings=SESSION_SETTINGS, init=_read_json
    )


async def migrate(pool: "asyncpg.Pool[asyncpg.Record]", folder: Path) -> None:
    """Apply what is new of the frame's and of the service's migrations, one copy at a time, each in a transaction.

    Raises MigrationChanged if an applied file has another content now.
    """
    async with pool.acquire() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        try:
            await connection.execute(
                """CREATE SCHEMA IF NOT EXISTS b40;
                   CREATE TABLE IF NOT EXISTS b40.migration (name text PRIMARY KEY, checksum bytea NOT NULL)"""
            )
            applied = {row["name"]: row["checksum"] for row in await connection.fetch("SELECT * FROM b40.migration")}
            for name, script in _scripts(("frame", FRAME_MIGRATIONS), ("service", folder)):
                checksum = hashlib.sha256(script.encode()).digest()
                if name not in applied:
                    async with connection.transaction():
                        await connection.execute(script)
                        await connection.execute("INSERT INTO b40.migration VALUES ($1, $2)", name, checksum)
                elif applied[name] != checksum:
                    raise MigrationChanged(f"{name} was applied with another content: write a new migration")
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", MIGRATION_LOCK)


def _scripts(*folders: tuple[str, Path]) -> Iterable[tuple[str, str]]:
    for owner, folder in folders:
        for path in sorted(folder.glob("*.sql")):
            yield f"{owner}/{path.name}", path.read_text(encoding="utf-8")


async def _read_json(connection: "PlainConnection[asyncpg.Record]") -> None:
    for type_ in ("json", "jsonb"):
        await connection.set_type_codec(type_, encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
