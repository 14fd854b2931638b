"""Databases for tests of a store: new, migrated, and each test's changes taken back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from b40_chassis.database import migrate, open_pool
from b40_chassis.hears import Connection


@asynccontextmanager
async def empty_database(postgres: str) -> AsyncIterator[str]:
    """The address of a new database, dropped at the end."""
    name = f"test_{uuid4().hex}"
    await _execute(postgres, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(postgres)._replace(path=f"/{name}").geturl()
    finally:
        await _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(postgres: str, statement: str) -> None:
    """On a connection of its own: the server may be killed and started again between two statements."""
    administrator = await asyncpg.connect(postgres)
    try:
        await administrator.execute(statement)
    finally:
        await administrator.close()


@asynccontextmanager
async def migrated_database(postgres: str, migrations: Path) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """A pool on a new database with the frame's and a service's tables."""
    async with empty_database(postgres) as address:
        pool = await open_pool(address, 2)
        try:
            await migrate(pool, migrations)
            yield pool
        finally:
            await pool.close()


@asynccontextmanager
async def taken_back(pool: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Connection]:
    """A connection in a transaction that is taken back at the end."""
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()
