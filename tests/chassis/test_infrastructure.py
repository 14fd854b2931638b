"""What the infrastructure fails is tried again, whole: batches, and rows of the outbox."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import pytest
from b40_chassis import inbox, positions
from b40_chassis.batch import Batch
from b40_chassis.errors import describe
from b40_chassis.sending import Sending

from tests.chassis.library import BookReported, BookShelved, ShelfReported, Switches, library
from tests.support.stage import INTEGRATOR, Stage

TITLES = ["one", "two", "three"]


async def publish_books(stage: Stage) -> None:
    for title in TITLES:
        await stage.publish(BookReported(book="b", shelf="s", title=title))
    await stage.quiet()


def shelved(stage: Stage) -> list[str]:
    return [each.title for each in stage.said(BookShelved)]


async def test_a_batch_that_was_not_taken_comes_again(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a batch is acknowledged whatever became of it. Here nothing comes after it, whose gap would show it."""
    failures = [OSError("the database is away")]
    run = Batch.run

    async def fails_once(self: Batch) -> None:
        if self.hearing == "main" and failures:
            raise failures.pop()
        await run(self)

    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        monkeypatch.setattr(Batch, "run", fails_once)
        await stage.publish(BookReported(book="b", shelf="s", title="alone"))
        await stage.quiet()
        assert not failures
        assert shelved(stage) == ["alone"]


async def test_effects_and_positions_are_one_transaction(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a position is moved in another transaction than that of its batch: what took effect comes again."""
    failures = [OSError("the database is away")]
    advance = positions.advance

    async def fails_once(connection: Any, hearing: str, moves: Mapping[Any, Any]) -> None:
        if hearing == "main" and failures:
            raise failures.pop()
        await advance(connection, hearing, moves)

    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        monkeypatch.setattr(positions, "advance", fails_once)
        await publish_books(stage)
        assert not failures
        assert shelved(stage) == TITLES
        assert (await stage.services["library"].status())["duplicates"] == 0, "nothing had taken effect before"


async def test_the_number_of_a_source_is_known_only_once_it_was_committed(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if it is remembered before: after a rollback the source has another, and is not the one of its events."""
    failures = [OSError("the database is away")]
    run = Batch.run

    async def fails_once(self: Batch) -> None:
        await run(self)
        if self.hearing == "main" and failures:
            raise failures.pop()

    async with Stage(kafka, postgres, library(Switches())) as stage:
        monkeypatch.setattr(Batch, "run", fails_once)
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        assert not failures
        known = "SELECT name, count(*) FROM b40.inbox LEFT JOIN b40.source ON source.id = inbox.source GROUP BY name"
        assert {row["name"]: row["count"] for row in await stage.query("library", known)} == {INTEGRATOR: 1}


async def test_two_copies_take_a_partition_one_after_the_other(kafka: str, postgres: str) -> None:
    """Breaks if reading a position does not lock it: two copies would take the same batch side by side."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        pool = stage.services["library"].frame.pool
        async with pool.acquire() as mine, pool.acquire() as other, mine.transaction(), other.transaction():
            await positions.lock(mine, "main", [("library-intake", 0)])
            await positions.lock(other, "main", [("library-intake", 1)])
            await other.execute("SET LOCAL lock_timeout = '50ms'")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await positions.lock(other, "main", [("library-intake", 0)])


async def test_what_could_not_be_sent_stays_in_the_outbox_and_is_sent_again(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if the relay archives before Kafka has acknowledged: what was said would never be heard."""
    failures = [OSError("the broker is away")]
    send = Sending.send

    async def fails_once(self: Sending, *others: Any) -> Any:
        if failures:
            raise failures.pop()
        return await send(self, *others)

    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        monkeypatch.setattr(Sending, "send", fails_once)
        await publish_books(stage)
        assert not failures
        assert shelved(stage) == TITLES


def test_an_error_within_a_group_is_the_one_that_is_told() -> None:
    """Breaks if a log says only that some task failed: why the relay begins anew would stand nowhere."""
    group = ExceptionGroup("unhandled", [ExceptionGroup("inner", [OSError("the broker is away")])])
    assert describe(group) == "OSError: the broker is away"


def test_what_is_known_of_sources_stays_bounded() -> None:
    """Breaks if a sender that names a new source with each event fills the memory."""
    known: dict[str, int] = {}
    for number in range(3 * inbox.SOURCES_KNOWN_MAX):
        inbox.remember(known, {f"//{number}": number})
    assert len(known) <= inbox.SOURCES_KNOWN_MAX + 1
    assert known[f"//{number}"] == number
