"""Migrated databases of each of the three apps, for the tests of handlers and books."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from b40_chassis.hears import Connection
from b40_solidarity.gifts.app import application as gifts_side
from b40_solidarity.matcher.app import application
from b40_solidarity.needs.app import application as needs_side
from hypothesis import settings

from tests.support.databases import migrated_database, taken_back

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
async def matcher_database(postgres: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """A migrated database."""
    async with migrated_database(postgres, application.migrations) as pool:
        yield pool


@pytest.fixture
async def connection(matcher_database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Connection]:
    """A transaction that is taken back at the end of the test."""
    async with taken_back(matcher_database) as connection:
        yield connection


@pytest.fixture(scope="session")
async def needs_database(postgres: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """A migrated database of the needs side."""
    async with migrated_database(postgres, needs_side.migrations) as pool:
        yield pool


@pytest.fixture
async def needs_connection(needs_database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Connection]:
    """A transaction on the needs side that is taken back at the end of the test."""
    async with taken_back(needs_database) as connection:
        yield connection


@pytest.fixture(scope="session")
async def gifts_database(postgres: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    """A migrated database of the gifts side."""
    async with migrated_database(postgres, gifts_side.migrations) as pool:
        yield pool


@pytest.fixture
async def gifts_connection(gifts_database: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Connection]:
    """A transaction on the gifts side that is taken back at the end of the test."""
    async with taken_back(gifts_database) as connection:
        yield connection
