"""A database of the registry's own, empty at the start of each test."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from b40_chassis.hears import Connection
from b40_registry.app import application

from tests.support.databases import migrated_database, taken_back


@pytest.fixture(scope="session")
async def database(postgres: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """A migrated database for the tests of the store."""
    async with migrated_database(postgres, application.migrations) as pool:
        yield pool


@pytest.fixture
async def connection(database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Connection]:
    """A transaction that is taken back at the end of the test."""
    async with taken_back(database) as connection:
        yield connection
