"""A batch that is too heavy for one transaction gets through in halves, and the size recovers."""

from collections import Counter
from typing import Any

import asyncpg
import pytest
from b40_chassis import database, hearing, pace
from b40_chassis.batch import Batch
from b40_chassis.pace import Pace

from tests.chassis.library import BookReported, PageReported, ShelfReported, Switches, library
from tests.support.stage import Stage

PAGES = 40
BOOKS = 100
SECONDS_PER_RECORD = 0.05


def test_three_time_outs_in_a_row_halve() -> None:
    size = Pace(2_000)
    for error in (TimeoutError(), asyncpg.exceptions.TransactionTimeoutError()):
        size.failed(error, 1, 2_000)
    size.failed(OSError("the database is away"), 0.1, 2_000)
    size.failed(TimeoutError(), 1, 2_000)
    assert size.records == 2_000, "they were not in a row"
    size.failed(TimeoutError(), 1, 900)
    size.failed(OSError("the connection was lost"), pace.HEAVY_SECONDS + 1, 900)
    assert size.records == 450, "half of what was tried; a connection lost after long is a time-out as well"


def test_it_never_falls_to_nothing() -> None:
    size = Pace(2)
    for _ in range(5 * pace.TIME_OUTS_MAX):
        size.failed(TimeoutError(), 1, size.records)
    assert size.records == 1


def test_it_recovers_while_there_is_time_to_spare() -> None:
    size = Pace(2_000)
    for _ in range(2 * pace.TIME_OUTS_MAX):
        size.failed(TimeoutError(), 1, size.records)
    assert size.records == 500
    size.took(pace.HEAVY_SECONDS / 2)
    assert size.records == 500, "twice as many would be too heavy again"
    for _ in range(3):
        size.took(0.1)
    assert size.records == 2_000


async def test_a_batch_too_heavy_for_a_transaction_gets_through(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if the same batch is tried for ever: PostgreSQL ends it each time."""
    run, tried = Batch.run, []

    async def heavy(self: Batch) -> None:
        if self.hearing == "main":
            tried.append(len(self.readings))
            for _ in self.readings:
                await self.connection.execute("SELECT pg_sleep($1)", SECONDS_PER_RECORD)
        await run(self)

    monkeypatch.setattr(database, "SESSION_SETTINGS", database.SESSION_SETTINGS | {"transaction_timeout": "1s"})
    monkeypatch.setattr(pace, "HEAVY_SECONDS", 0.8)
    monkeypatch.setattr(hearing, "PAUSE_SECONDS", (0.05, 0.1))
    monkeypatch.setattr(hearing, "HEAR_SECONDS_MAX", 0.3)  # the rest of a batch is sought and comes again
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.stop("library")
        for number in range(1, PAGES + 1):
            await stage.publish(PageReported(book=f"b{number % 9}", number=number))
        monkeypatch.setattr(Batch, "run", heavy)
        await stage.start("library")
        await stage.quiet()
        assert await taken(stage) == list(range(1, PAGES + 1))
        assert max(tried) > 1 / SECONDS_PER_RECORD, "it was too heavy at first"


async def test_many_failures_in_a_batch_do_not_begin_all_of_it_again_each_time(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if each failure has the whole batch taken again: it would make no progress for minutes, and be ended."""
    run, tried = Batch.run, Counter[int]()

    async def counted(self: Batch) -> None:
        if self.hearing == "main":
            tried[len(self.readings)] += 1
        await run(self)

    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.stop("library")
        for number in range(BOOKS):
            await stage.publish(BookReported(book=f"b{number}", shelf="s", title="crash" if number % 2 else "fine"))
        monkeypatch.setattr(Batch, "run", counted)
        await stage.start("library")
        await stage.quiet()
        assert (await stage.services["library"].status())["dead"] == BOOKS / 2
        assert len(await stage.query("library", "SELECT FROM book")) == BOOKS / 2
        assert max(tried) == BOOKS, "all came in one batch"
        assert tried[BOOKS] == hearing.FAULTS_AT_ONCE_MAX


async def taken(stage: Stage) -> list[Any]:
    return [row["number"] for row in await stage.query("library", "SELECT number FROM page ORDER BY number")]
