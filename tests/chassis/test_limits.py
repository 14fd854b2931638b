"""Too many failures stop a partition, with a reason, and nothing else; unreadable intake stops nothing."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from aiokafka.partitioner import DefaultPartitioner
from b40_chassis import metrics
from b40_chassis.limits import RUN_MAX, WINDOW, Limits
from b40_chassis.reading import Reading, Tombstone, Unreadable
from b40_chassis.record import Place, Record

from tests.chassis.library import INTAKE, SHELVES, BookReported, Shelf, ShelfReported, Switches, library
from tests.support.stage import Stage

SOME_TIME = datetime(2022, 6, 20, tzinfo=UTC)
PARTITIONS = list(range(INTAKE.partitions))


def record(offset: int, topic: str = "facts", partition: int = 0, key: bytes | None = None) -> Record:
    return Record(topic, partition, offset, SOME_TIME, key or b"k%d" % offset, b"", [])


def good(first: int, last: int, **more: object) -> list[Reading]:
    return [Tombstone(record(offset, **more)) for offset in range(first, last)]  # type: ignore[arg-type]


def unreadable(first: int, last: int, topic: str = "facts") -> list[Reading]:
    return [Unreadable(record(offset, topic), "malformed-id", "") for offset in range(first, last)]


def places(readings: Sequence[Reading]) -> set[Place]:
    return {each.record.place for each in readings}


def test_a_run_of_failures_stops_its_partition_where_it_became_too_long() -> None:
    limits = Limits({"intake"})
    others = good(0, 50, partition=1)
    judged = limits.judge([*good(0, 10), *(failing := good(10, 300)), *others], places(failing))
    assert judged.stops == {("facts", 0): f"{RUN_MAX} records in a row could not be processed"}
    assert [each.record.offset for each in judged.readings] == [*range(10 + RUN_MAX), *range(50)]


def test_a_run_goes_on_over_batches_and_only_what_was_committed_counts() -> None:
    limits = Limits({"intake"})
    begun = good(0, RUN_MAX - 1)
    for _ in range(3):  # tried again and again
        judged = limits.judge(begun, places(begun))
        assert not judged.stops
    limits.keep(judged)
    one_more = good(RUN_MAX - 1, RUN_MAX)
    assert not limits.judge(one_more, set()).stops
    judged = limits.judge(one_more, places(one_more))
    assert judged.stops
    limits.keep(judged)
    assert not limits.judge(begun, places(begun)).stops, "one that goes on counts anew"


def test_a_good_record_ends_a_run() -> None:
    limits = Limits({"intake"})
    before, after = good(0, RUN_MAX - 1), good(RUN_MAX, 2 * RUN_MAX - 1)
    assert not limits.judge([*before, *good(RUN_MAX - 1, RUN_MAX), *after], places([*before, *after])).stops


def test_more_failures_than_half_of_the_last_records_stop() -> None:
    limits = Limits({"intake"})
    turns = good(0, 3 * WINDOW)
    failing = places([each for each in turns if each.record.offset % 10 < 5])
    assert not limits.judge(turns, failing).stops, "half is not more than half"
    late = places([each for each in turns if each.record.offset % 10 < (5 if each.record.offset < 2 * WINDOW else 6)])
    judged = limits.judge(turns, late)
    assert "of the last 1000 records" in judged.stops["facts", 0]
    assert 2 * WINDOW < judged.readings[-1].record.offset < 2 * WINDOW + 20


def test_unreadable_records_count_on_announced_topics_alone() -> None:
    limits = Limits({"intake"})
    assert limits.judge(unreadable(0, 300), set()).stops
    assert not limits.judge(unreadable(0, 5_000, "intake"), set()).stops


def test_what_waits_behind_a_failure_of_its_key_counts_as_neither() -> None:
    limits = Limits({"intake"})
    one_key = good(0, 1_000, key=b"k")
    assert not limits.judge(one_key, places(one_key)).stops, "one key that fails holds the others up, no more"


def books(partition: int, how_many: int) -> list[str]:
    """Names of books whose records come to one partition of the intake."""
    partitioner = DefaultPartitioner()
    names = (f"b{number}" for number in range(how_many * 20))
    return [name for name in names if partitioner(name.encode(), PARTITIONS, PARTITIONS) == partition][:how_many]


async def test_a_broken_handler_stops_its_partition_until_a_person_has_it_go_on(kafka: str, postgres: str) -> None:
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        failing, fine = books(0, RUN_MAX + 20), books(1, 5)
        for name in failing:
            await stage.publish(BookReported(book=name, shelf="s", title="crash"))
        async with asyncio.timeout(60):
            while not (await stage.services["library"].status())["stopped"]:  # noqa: ASYNC110  (in the database)
                await asyncio.sleep(0.05)
        status = await stage.services["library"].status()
        assert status["stops"] == [
            {
                "topic": "library-intake",
                "partition": 0,
                "reason": f"{RUN_MAX} records in a row could not be processed",
            }
        ]
        assert status["dead"] == RUN_MAX
        for name in fine:
            await stage.publish(BookReported(book=name, shelf="s", title="fine"))
        async with asyncio.timeout(20):
            while len(await stage.query("library", "SELECT FROM book")) < 5:  # noqa: ASYNC110  (in the database)
                await asyncio.sleep(0.05)
        switches.crashing.clear()
        async with stage.operations("library") as client:
            assert (await client.post("/positions/library-intake/0/resume", json={})).status_code == 200
        await stage.quiet()
        assert len(await stage.query("library", "SELECT FROM book")) == 5 + 20, "what came behind was processed"


async def test_rubbish_on_an_announced_topic_stops_its_partition(kafka: str, postgres: str) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await asyncio.gather(*(stage.publish_raw(SHELVES.name, b"k", b"rubbish", []) for _ in range(RUN_MAX + 5)))
        async with asyncio.timeout(30):
            while not (await stage.services["library"].status())["stopped"]:  # noqa: ASYNC110  (in the database)
                await asyncio.sleep(0.05)
        assert (await stage.services["library"].status())["dead"] == RUN_MAX
        assert not stage.services["library"].died.done()
        assert stage.said(Shelf) == []


def test_only_so_many_senders_become_labels() -> None:
    """Breaks if what anybody writes into a header becomes a label: the metrics would grow without end."""
    metrics.count_unreadable(f"//sender.example/{number}" for number in range(10 * metrics.SENDERS_MAX))
    assert len(metrics._senders) <= metrics.SENDERS_MAX
