"""Positions in the database are the truth: the traps of design 5.2, each on a real Kafka."""

import asyncio
from collections.abc import Collection
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from b40_chassis.cursor import Cursor, Offsets
from b40_chassis.positions import Verdict, check
from b40_chassis.reaching import Kafka
from b40_chassis.rebalance import Rebalance
from b40_chassis.subscribers import Subscribers

from tests.chassis.library import CLOCK, INTAKE, BookReported, PageReported, Shelf, ShelfReported, Switches, library
from tests.support.stage import Stage

HELD_UP = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
A, B = ("topic", 0), ("topic", 1)


async def numbers(stage: Stage) -> list[int]:
    return [row["number"] for row in await stage.query("library", "SELECT number FROM page ORDER BY number")]


def pages(first: int, last: int) -> list[PageReported]:
    return [PageReported(book=f"b{number % 9}", number=number) for number in range(first, last)]


@pytest.mark.parametrize(
    ("begin", "remembered", "stored", "verdict"),
    [
        ({A: 5}, {A: 5}, {A: 5}, Verdict.TAKE),
        ({A: 5, B: 2}, {A: 5, B: 2}, {A: 5, B: 2}, Verdict.TAKE),
        ({A: 5}, {}, {A: 5}, Verdict.SEEK),
        ({A: 5}, {A: 5}, {}, Verdict.SEEK),
        ({A: 5, B: 2}, {A: 5, B: 2}, {A: 5, B: 3}, Verdict.SEEK),
        ({A: 5, B: 2}, {A: 5}, {A: 5, B: 2}, Verdict.SEEK),
        ({A: 5}, {A: 5}, {A: 4}, Verdict.RESTORED),
        ({A: 7}, {A: 5}, {A: 5}, Verdict.GAP),
        ({A: 4}, {A: 5}, {A: 5}, Verdict.GAP),
    ],
)
def test_a_batch_is_taken_only_where_memory_database_and_log_agree(
    begin: Any, remembered: Any, stored: Any, verdict: Verdict
) -> None:
    assert check(begin, remembered, stored, frozenset()) is verdict


def test_on_a_compacted_topic_a_batch_may_begin_later_but_not_earlier() -> None:
    assert check({A: 7}, {A: 5}, {A: 5}, frozenset({"topic"})) is Verdict.TAKE
    assert check({A: 4}, {A: 5}, {A: 5}, frozenset({"topic"})) is Verdict.GAP


async def test_nothing_is_lost_or_doubled_over_restarts(kafka: str, postgres: str) -> None:
    """Breaks if a new copy trusts what Kafka hands out first instead of the stored positions."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        for turn in range(3):
            for page in pages(turn * 30 + 1, turn * 30 + 31):
                await stage.publish(page)
            await stage.stop("library")
            await stage.start("library")
        await stage.quiet()
        assert await numbers(stage) == list(range(1, 91))


async def test_a_listener_that_never_seeks_loses_nothing(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRAP: aiokafka hands out records before on_partitions_assigned has sought; the check in the handler protects.

    Kafka's own offset is moved to the log's end here, so that a copy which trusted it would miss everything.
    """

    async def only_announced(self: Any, assigned: Collection[Any]) -> None:
        self._cursor.consumer = self._consumer()
        self._cursor.assigned = set(self._cursor.bare(assigned))
        for each in assigned:
            end = (await self._cursor.consumer.end_offsets([each]))[each]
            self._cursor.consumer.seek(each, max(0, end - 1))
        self._cursor.prepared = True

    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.stop("library")
        for page in pages(1, 61):
            await stage.publish(page)
        monkeypatch.setattr(Rebalance, "on_partitions_assigned", only_announced)
        await stage.start("library")
        await stage.quiet()
        assert await numbers(stage) == list(range(1, 61))


async def test_when_one_partition_disagrees_every_partition_is_sought(kafka: str, postgres: str) -> None:
    """TRAP: a batch mixes partitions; dropping it and seeking one loses the others' records (50 of them, measured).

    Another copy takes a record of one partition meanwhile: here its position is moved by hand.
    """
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.publish(BookReported(book="g", shelf="s", title="gate"))
        await switches.at_gate.wait()
        for page in pages(1, 61):
            await stage.publish(page)
        switches.gate.set()
        await stage.quiet()
        before = await stage.query("library", "SELECT * FROM b40.position WHERE topic = 'library-intake' ORDER BY 3")
        skipped = before[0]
        await stage.query(
            "library",
            "UPDATE b40.position SET next_offset = next_offset + 1 WHERE topic = 'library-intake' AND partition = $1",
            skipped["partition"],
        )
        for page in pages(61, 121):
            await stage.publish(page)
        await stage.quiet()
        taken = await numbers(stage)
        assert len(taken) == len(set(taken))
        assert len(taken) == 119, "exactly the one record that another copy took is not ours"


async def test_a_database_that_went_back_ends_the_process(kafka: str, postgres: str) -> None:
    """Breaks if a copy goes on over a restored database: what it heard since would be missing."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        for page in pages(1, 31):
            await stage.publish(page)
        await stage.quiet()
        await stage.query(
            "library", "UPDATE b40.position SET next_offset = next_offset - 1 WHERE topic = 'library-intake'"
        )
        await stage.publish(PageReported(book="b1", number=31))
        reason = await asyncio.wait_for(stage.services["library"].died, 10)
        assert "the database went back" in reason


async def test_seeking_a_partition_that_was_revoked_meanwhile_is_harmless(kafka: str, postgres: str) -> None:
    """TRAP: aiokafka's seek raises on a revoked partition; raising in the handler would seek over the other seeks."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        cursor = Cursor("main", {INTAKE.name: INTAKE}, "library", stage.prefix, Offsets(Kafka(kafka), stage.prefix, []))
        consumer = AIOKafkaConsumer(
            stage.prefix + INTAKE.name, bootstrap_servers=kafka, group_id=stage.prefix + "another"
        )
        await consumer.start()
        cursor.consumer = consumer
        cursor.remembered = {(INTAKE.name, 99): 3, (INTAKE.name, 1): 3}
        cursor.seek({(INTAKE.name, 99): 5, (INTAKE.name, 1): 0}, remember=True)
        assert await consumer.position(TopicPartition(stage.prefix + INTAKE.name, 1)) == 0
        await consumer.stop()
        assert cursor.remembered == {(INTAKE.name, 1): 0}


async def test_first_positions_are_stored_also_for_idle_partitions(kafka: str, postgres: str) -> None:
    """Breaks if an idle from-now topic has no position: what comes while the app is down would be missed."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        rows = await stage.query("library", "SELECT topic, count(*) AS n FROM b40.position GROUP BY topic")
        assert {row["topic"]: row["n"] for row in rows} == {"library-intake": 3, "library-shelves": 3, "clock": 2}
        assert CLOCK.partitions == 1


async def test_main_begins_when_first_has_caught_up(kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if main does not wait: it would hear what came later before the states that stood in the log before it.

    *first* is held up here by a lock on its positions, until it is seen to wait for it.
    """
    steps: list[str] = []
    subscribe = Subscribers._subscribe

    async def noted(self: Subscribers, cursor: Cursor, *others: Any, **more: Any) -> None:
        steps.append(f"{cursor.hearing} begins")
        await subscribe(self, cursor, *others, **more)
        steps.append(f"{cursor.hearing} has its partitions")

    async with Stage(kafka, postgres, library(Switches())) as stage:
        address = stage.settings["library"].database.get_secret_value()
        await stage.stop("library")
        await stage.publish(Shelf(shelf="s", books=0))
        monkeypatch.setattr(Subscribers, "_subscribe", noted)
        other = await asyncpg.connect(address)
        async with other.transaction():
            await other.execute("SELECT FROM b40.position WHERE hearing = 'first' FOR UPDATE")
            starting = asyncio.create_task(stage.start("library"))
            async with asyncio.timeout(20):
                while "first has its partitions" not in steps or not await other.fetchval(HELD_UP):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            assert steps == ["first begins", "first has its partitions"]
        await starting
        await other.close()
        assert "main begins" in steps


async def test_a_tick_waits_for_all_that_stood_in_the_logs_before_it(kafka: str, postgres: str) -> None:
    """Breaks if time overtakes what came in time: the loan below would be reminded before the gate opens."""
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        await stage.publish(BookReported(book="g", shelf="s", title="gate"))
        await switches.at_gate.wait()
        await stage.tick("2022-07-01")
        first_noted = "SELECT EXISTS (SELECT FROM b40.tick) AS noted"
        async with asyncio.timeout(10):
            while not (await stage.query("library", first_noted))[0]["noted"]:  # noqa: ASYNC110  (another process)
                await asyncio.sleep(0.02)
        (clock,) = await stage.query("library", "SELECT next_offset FROM b40.position WHERE hearing = 'clock'")
        assert clock["next_offset"] == 0, "the tick was noted, and yet its turn has not come"
        switches.gate.set()
        await stage.quiet()
        (clock,) = await stage.query("library", "SELECT next_offset FROM b40.position WHERE hearing = 'clock'")
        assert clock["next_offset"] == 1
