"""A migrated database of the matcher's own, for the tests of its books."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from b40_chassis.database import migrate, open_pool
from b40_chassis.hears import Connection
from b40_solidarity.matcher.app import application
from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
async def matcher_database(postgres: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """A migrated database."""
    name = f"matcher_{uuid4().hex}"
    administrator = await asyncpg.connect(postgres)
    await administrator.execute(f"CREATE DATABASE {name}")
    pool = await open_pool(urlsplit(postgres)._replace(path=f"/{name}").geturl(), 2)
    try:
        await migrate(pool, application.migrations)
        yield pool
    finally:
        await pool.close()
        await administrator.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await administrator.close()


@pytest.fixture
async def connection(matcher_database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Connection]:
    """A transaction that is taken back at the end of the test."""
    async with matcher_database.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            yield connection
        finally:
            await transaction.rollback()
