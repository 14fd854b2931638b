"""A log that is not the one of before stops its partition, with a reason, until a person has it go on (design 5.2)."""

import asyncio
import json
from collections.abc import Callable, Collection, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest
from b40_chassis import set_aside
from b40_chassis.rebalance import Rebalance
from b40_chassis.record import Record
from b40_chassis.set_aside import Aside
from b40_contracts.topic import Topic
from b40_infra.topics import admin_client
from b40_infra.topics import settings as topic_settings
from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

from tests.chassis.library import INTAKE, BookReported, PageReported, ShelfReported, Switches, library
from tests.support.stage import Stage

PLACE = """SELECT partition, next_offset FROM b40.position
  WHERE topic = 'library-intake' AND taken > 0 ORDER BY taken DESC LIMIT 1"""
PAGES = "SELECT number FROM page ORDER BY number"


async def until(condition: Callable[[], Coroutine[Any, Any, bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110  (in the database)
            await asyncio.sleep(0.05)


async def say(stage: Stage, first: int, last: int, book: str = "b") -> None:
    for number in range(first, last):
        await stage.publish(PageReported(book=book, number=number))


async def stopped(stage: Stage) -> dict[int, str]:
    rows = await stage.query("library", "SELECT partition, stopped FROM b40.position WHERE stopped IS NOT NULL")
    return {row["partition"]: row["stopped"] for row in rows}


async def taken(stage: Stage) -> list[int]:
    return [row["number"] for row in await stage.query("library", PAGES)]


async def noted(stage: Stage) -> bool:
    """Whether a tick was seen."""
    return bool(await stage.query("library", "SELECT FROM b40.tick"))


async def place(stage: Stage) -> tuple[int, int]:
    """Partition and next offset of the pages' book."""
    (row,) = await stage.query("library", PLACE)
    return row["partition"], row["next_offset"]


async def make_anew(stage: Stage, topic: Topic = INTAKE) -> None:
    name, client = stage.prefix + topic.name, admin_client(stage.kafka)
    await asyncio.to_thread(client.delete_topics([name])[name].result, 20)
    wanted = NewTopic(name, topic.partitions, 1, config=topic_settings(topic))

    async def made() -> bool:
        return await asyncio.to_thread(client.create_topics([wanted])[name].exception, 20) is None

    await until(made)


async def cut(stage: Stage, partition: int, before: int) -> None:
    where = TopicPartition(stage.prefix + INTAKE.name, partition, before)
    client = admin_client(stage.kafka)  # held: without it nobody answers
    (future,) = client.delete_records([where]).values()
    await asyncio.to_thread(future.result, 20)


async def test_a_topic_made_anew_stops_although_it_is_longer_than_the_position(kafka: str, postgres: str) -> None:
    """Breaks if the last record taken is not compared: the new log's first records would be lost without a word."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await say(stage, 1, 6)
        await stage.quiet()
        partition, next_offset = await place(stage)
        await stage.stop("library")
        await make_anew(stage)
        await say(stage, 101, 111)
        for _ in range(2):  # the stop is kept over a restart
            await stage.start("library")
            await say(stage, 201, 202, "c")
            assert "another record" in (await stopped(stage))[partition]
            assert await place(stage) == (partition, next_offset)
            assert [number for number in await taken(stage) if 100 < number < 200] == []
            await stage.stop("library")
        await stage.start("library")
        async with stage.operations("library") as client:
            (told,) = (await client.get("/status")).json()["stops"]
            assert told["topic"] == "library-intake"
            rows = (await client.get("/positions")).json()
            assert [row["partition"] for row in rows if row["stopped"]] == [partition]
            path = f"/positions/library-intake/{partition}/resume"
            assert (await client.post(path, json={"begin": "beginning"})).status_code == 200
            assert (await client.post(path, json={})).status_code == 409, "it is not stopped any more"

        async def went_on() -> bool:
            return set(range(101, 111)) <= set(await taken(stage))

        await until(went_on)
        assert await stopped(stage) == {}


async def test_a_log_cut_under_a_running_copy_stops_its_partition_alone(kafka: str, postgres: str) -> None:
    """TRAP: aiokafka reads on silently behind the gap. Breaks if a batch that begins elsewhere is only sought."""
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await say(stage, 1, 6)
        await stage.quiet()
        partition, next_offset = await place(stage)
        await stage.publish(BookReported(book="b", shelf="s", title="gate"))
        await switches.at_gate.wait()
        await say(stage, 6, 26)
        await cut(stage, partition, next_offset + 15)
        switches.gate.set()

        async def found() -> bool:
            return partition in await stopped(stage)

        await until(found)
        assert "begins at" in (await stopped(stage))[partition]
        for book in "cdefghi":
            await say(stage, 301, 302, book)

        async def others_went_on() -> bool:
            return 301 in await taken(stage)

        await until(others_went_on)
        assert set(await taken(stage)) < {*range(1, 10), 301}, "nothing behind the gap was taken"
        await stage.tick("2022-07-01")
        await until(lambda: noted(stage))
        async with stage.operations("library") as client:
            path = f"/positions/library-intake/{partition}/resume"
            assert (await client.post(path, json={})).status_code == 409, "the position is not in the log any more"
            clock = await stage.query("library", "SELECT next_offset FROM b40.position WHERE hearing = 'clock'")
            assert clock[0]["next_offset"] == 0, "time waits"
            assert (await client.post(path, json={"begin": "beginning"})).status_code == 200
        await stage.quiet()
        assert 25 in await taken(stage)


async def test_a_log_shorter_than_the_position_stops(kafka: str, postgres: str) -> None:
    """Breaks if only a batch is checked: of a broker restored from an older copy none may come for days."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await say(stage, 1, 6)
        await stage.quiet()
        partition, next_offset = await place(stage)
        await stage.stop("library")
        await make_anew(stage)
        await say(stage, 101, 103)
        await stage.start("library")
        assert "ends at 2" in (await stopped(stage))[partition]
        assert await place(stage) == (partition, next_offset)
        assert await taken(stage) == [1, 2, 3, 4, 5]


async def aside(stage: Stage) -> list[tuple[int, str]]:
    """Number and state of the pages that are set aside, in the order of their places."""
    rows = await stage.query("library", 'SELECT value, state FROM b40.set_aside ORDER BY "offset"')
    return [(json.loads(row["value"])["number"], row["state"]) for row in rows]


async def test_what_was_set_aside_of_a_log_that_is_no_more_is_kept_and_comes_first(kafka: str, postgres: str) -> None:
    """Breaks if a dead letter is known by its place alone, or if the new log's events of its key overtake it."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        for number in (1, -1, 2):
            await say(stage, number, number + 1)
        await stage.quiet()
        partition, _ = await place(stage)
        await stage.stop("library")
        await make_anew(stage)
        for number in (11, -2, 12, 13):
            await say(stage, number, number + 1)
        await stage.start("library")
        async with stage.operations("library") as client:
            path = f"/positions/library-intake/{partition}/resume"
            assert (await client.post(path, json={"begin": "beginning"})).status_code == 200
            await stage.quiet()
            held = [(each, "behind") for each in (2, 11, -2, 12, 13)]
            assert await aside(stage) == [(-1, "failed"), *held]
            (dead,) = (await client.get("/set-aside", params={"state": "failed"})).json()
            assert dead["offset"] < 0
            await client.post(f"/set-aside/{dead['id']}/discard", json={"reason": "it never was a page"})
            await stage.quiet()
        assert await taken(stage) == [1, 2, 11]
        assert await aside(stage) == [(-1, "discarded"), (-2, "failed"), (12, "behind"), (13, "behind")]


async def test_two_records_of_one_place_are_both_kept(kafka: str, postgres: str) -> None:
    """A log that was made anew may go unnoticed. Breaks if a dead letter is known by its place alone."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        async with stage.services["library"].frame.pool.acquire() as connection:
            for day, value in ((20, b"before"), (21, b"anew"), (21, b"anew")):
                appended = datetime(2022, 6, day, tzinfo=UTC)
                record = Record(INTAKE.name, 0, 3, appended, b"b", value, [("ce_id", b"1")])
                await set_aside.insert(connection, "main", [Aside(record, "failed", "failed", "for a test")])
        rows = await stage.query("library", 'SELECT value, "offset" FROM b40.set_aside ORDER BY "offset"')
        assert [(row["value"], row["offset"] == 3) for row in rows] == [(b"before", False), (b"anew", True)]


async def test_a_last_record_that_retention_removed_stops_nothing(kafka: str, postgres: str) -> None:
    """Breaks if a missing last record counts as another one."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await say(stage, 1, 6)
        await stage.quiet()
        partition, next_offset = await place(stage)
        await stage.stop("library")
        await cut(stage, partition, next_offset)
        await stage.start("library")
        await say(stage, 6, 11)
        await stage.quiet()
        assert await stopped(stage) == {}
        assert await taken(stage) == list(range(1, 11))


async def test_nothing_is_taken_of_a_partition_that_was_not_verified(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRAP: records may be handed out before the listener has looked; the handler verifies what it did not."""

    async def only_announced(self: Any, assigned: Collection[Any]) -> None:
        self._cursor.consumer = self._consumer()
        self._cursor.assigned = set(self._cursor.bare(assigned))
        self._cursor.prepared = True

    async with Stage(kafka, postgres, library(Switches())) as stage:
        await say(stage, 1, 6)
        await stage.quiet()
        partition, _ = await place(stage)
        await stage.stop("library")
        await make_anew(stage)
        await say(stage, 101, 111)
        monkeypatch.setattr(Rebalance, "on_partitions_assigned", only_announced)
        await stage.start("library")

        async def found() -> bool:
            return partition in await stopped(stage)

        await until(found)
        assert await taken(stage) == [1, 2, 3, 4, 5]
