"""The three apps on a stage; and a migrated database of each, for the tests of handlers and books."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from b40_chassis.hears import Connection
from b40_solidarity.gifts.app import application as gifts_side
from b40_solidarity.matcher.app import application
from b40_solidarity.needs.app import application as needs_side
from hypothesis import settings

from tests.solidarity.stages import ALL, begin
from tests.support.databases import migrated_database, taken_back
from tests.support.stage import Stage

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """Istanbul with a policy of k = 5, on the morning of 4 July 2022; batches close at 18:00 UTC."""
    async with Stage(kafka, postgres, *ALL) as stage:
        await begin(stage)
        yield stage


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
