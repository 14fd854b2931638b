"""The last record of every key of a state topic is the newest, whatever happened to who says it (design 5.3)."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace

import pytest
from b40_chassis.hears import Connection
from b40_chassis.work import Written
from b40_chassis.writing import write
from b40_contracts.cloudevents import describe, to_kafka

from tests.chassis.library import SHELVES, BookReported, Shelf, ShelfReported, Switches, library
from tests.support.ground import until
from tests.support.stage import Stage, moment

WAITS = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = $1)"


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The library with one shelf and one book on it: its state was said twice."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.publish(BookReported(book="b", shelf="s", title="t"))
        await stage.quiet()
        yield stage


def said(stage: Stage, shelf: str = "s") -> list[tuple[int | None, int]]:
    """Versions and books of a shelf's records, in log order."""
    return [
        (each.version, each.event.books) for each in stage.heard if each.key == shelf and each.topic == SHELVES.name
    ]


async def state(stage: Stage, version: int, books: int | None, shelf: str = "s") -> None:
    """A record on the state topic that the library's database knows nothing of; without books a tombstone."""
    described = describe(
        Shelf(shelf=shelf, books=books or 0), id="x", source="//b40/library", time=moment("2022-06-20")
    )
    record = to_kafka(described)
    headers = [*record.headers, ("ce_stateversion", str(version).encode())]
    await stage.publish_raw(SHELVES.name, record.key, None if books is None else record.value, headers)
    await stage.quiet()


async def pass_time(stage: Stage, *days: str) -> None:
    for day in days:
        await stage.tick(day)
        await stage.quiet()


async def test_an_old_record_after_a_newer_one_is_followed_by_the_newest(stage: Stage) -> None:
    """A frozen former relay. Breaks if compaction would keep the old record: who reads anew would have no other."""
    await state(stage, 1, 0)
    assert said(stage)[-1] == (1, 0)
    await pass_time(stage, "2022-07-01", "2022-07-02")
    assert said(stage) == [(1, 0), (2, 1), (1, 0), (3, 1)], "said again once, not at every tick"


async def test_in_one_batch_the_last_record_of_a_key_is_what_counts(stage: Stage) -> None:
    """A relay sends both once more. Breaks if only the highest of a batch is looked at, not the last."""
    await stage.stop("library")
    for version, books in ((2, 1), (1, 0)):
        record = to_kafka(describe(Shelf(shelf="s", books=books), id="x", source="//x", time=moment("2022-06-20")))
        headers = [*record.headers, ("ce_stateversion", str(version).encode())]
        await stage.publish_raw(SHELVES.name, record.key, record.value, headers)
    await stage.start("library")
    await pass_time(stage, "2022-07-01")
    assert said(stage)[-1] == (3, 1)


async def test_what_stands_above_a_restored_databases_version_is_said_again_above(stage: Stage) -> None:
    """Breaks if a restored app goes on below what others know: they would drop all that it says for long."""
    await state(stage, 7, 6)
    await pass_time(stage, "2022-07-01", "2022-07-02")
    assert said(stage)[-2:] == [(7, 6), (8, 1)]
    await stage.publish(BookReported(book="c", shelf="s", title="t"))
    await stage.quiet()
    assert said(stage)[-1] == (9, 2)


async def test_a_state_that_is_gone_is_said_again_as_gone(stage: Stage) -> None:
    """Breaks if only what the reader finds is said again: an old record would bring back what is no more."""
    await state(stage, 3, 5, shelf="gone")
    await pass_time(stage, "2022-07-01")
    version = await stage.query("library", "SELECT version FROM b40.state_heard WHERE key = 'gone'")
    assert [row["version"] for row in version] == [4], "the tombstone above was said, and heard"


async def test_a_tombstone_that_is_older_than_what_there_is_does_not_stay_last(stage: Stage) -> None:
    """Breaks if tombstones are not compared: compaction would keep the tombstone, the shelf would be gone."""
    await state(stage, 1, None)
    await pass_time(stage, "2022-07-01")
    assert said(stage)[-1] == (3, 1)


async def test_what_is_on_its_way_above_needs_no_repetition(stage: Stage) -> None:
    """Breaks if a key is said again although a higher version was said since it was noted."""
    await state(stage, 7, 6)
    await stage.query("library", "UPDATE b40.state_said SET version = 9")
    await pass_time(stage, "2022-07-01")
    assert said(stage)[-1] == (7, 6)
    assert await stage.query("library", "SELECT FROM b40.state_heard WHERE again") == []


async def test_of_two_copies_that_change_a_state_at_once_the_later_says_both_changes(stage: Stage) -> None:
    """WRITE SKEW. Breaks if a state is read before its version's row is locked, or with a statement of before."""
    frame = stage.services["library"].frame
    frame = replace(frame, application=replace(frame.application, states={Shelf: books_counted}))
    entered = "INSERT INTO book (book, title, seen) VALUES ($1, 'counted', now())"

    async def change(connection: Connection, book: str) -> None:
        written = Written()
        await connection.execute(entered, book)
        frame.work(connection, moment("2022-06-20"), written).state_changed(Shelf, "s")
        await write(frame, connection, written)

    async with frame.pool.acquire() as one, frame.pool.acquire() as two:
        first, second = one.transaction(), two.transaction()
        await first.start()
        await second.start()
        await change(one, "x")
        later = asyncio.create_task(change(two, "y"))
        pid = two.get_server_pid()
        await until(lambda: waits(stage, pid))
        await first.commit()
        await later
        await second.commit()
    frame.bells.outbox.set()
    await stage.quiet()
    assert said(stage)[-2:] == [(3, 1), (4, 2)]


async def waits(stage: Stage, pid: int) -> bool:
    (row,) = await stage.query("library", WAITS, pid)
    return bool(row["exists"])


async def books_counted(connection: Connection, keys: Sequence[str]) -> Mapping[str, Shelf]:
    """A state that lies in several rows, which two copies may change at once without waiting for each other."""
    counted = await connection.fetchval("SELECT count(*) FROM book WHERE title = 'counted'")
    return {key: Shelf(shelf=key, books=counted) for key in keys}
