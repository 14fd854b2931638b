"""Decisions count in their numbers' order, once, and a void one does not block its subject (design 5.3)."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest_asyncio
from b40_chassis.decisions import counts, next_number
from b40_chassis.hears import Connection

from tests.chassis.library import Switches, library
from tests.support.stage import Stage, moment

DAY = timedelta(days=1)
FIRST = moment("2022-07-07")


@pytest_asyncio.fixture
async def connection(kafka: str, postgres: str) -> AsyncIterator[Connection]:
    stage = Stage(kafka, postgres, library(Switches()))
    async with stage, stage.services["library"].frame.pool.acquire() as connection:
        yield connection


async def decide(connection: Connection, due: datetime) -> int | None:
    return await next_number(connection, "tour", "bus", due)


async def hear(connection: Connection, number: int, due: datetime) -> bool:
    return await counts(connection, "tour", "bus", number, due)


async def test_a_due_time_not_after_the_last_decides_nothing(connection: Connection) -> None:
    assert await decide(connection, FIRST) == 1
    assert await decide(connection, FIRST) is None
    assert await decide(connection, FIRST - DAY) is None
    assert await decide(connection, FIRST + DAY) == 2


async def test_only_the_next_number_counts_and_only_once(connection: Connection) -> None:
    assert not await hear(connection, 2, FIRST)
    assert await hear(connection, 1, FIRST)
    assert not await hear(connection, 1, FIRST)
    assert await hear(connection, 2, FIRST + DAY)
    assert not await hear(connection, 3, FIRST), "its due time is before that of the last"


async def test_after_a_void_decision_deciding_goes_on_from_what_counted(connection: Connection) -> None:
    """Breaks if a void decision uses up its number: nothing would ever count again."""
    assert await decide(connection, FIRST) == 1
    assert await decide(connection, FIRST + DAY) == 2
    assert not await hear(connection, 2, FIRST + DAY)
    assert await decide(connection, FIRST) == 1
    assert await hear(connection, 1, FIRST)


async def test_a_restored_app_takes_the_decisions_it_finds_in_the_log(connection: Connection) -> None:
    """The database knows nothing, the log has two decisions: both count, and deciding goes on with the third."""
    assert await hear(connection, 1, FIRST)
    assert await hear(connection, 2, FIRST + DAY)
    assert await decide(connection, FIRST + DAY) is None
    assert await decide(connection, FIRST + 2 * DAY) == 3
