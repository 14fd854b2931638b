"""A broker that lost what it had acknowledged gets it again from the archive; nobody takes anything twice."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from b40_chassis.application import Application
from b40_chassis.database import session
from b40_chassis.hears import Heard, Hears
from b40_chassis.republishing import REPUBLISH_LOCK
from b40_chassis.work import Work
from b40_contracts.topic import Topic
from b40_infra.local import ports
from b40_infra.topics import admin_client
from confluent_kafka import TopicPartition as Part

from tests.chassis.library import (
    BOOKS,
    SHELVES,
    TOPICS,
    BookReported,
    BookShelved,
    Shelf,
    ShelfReported,
    Switches,
    library,
)
from tests.chassis.test_stops import make_anew
from tests.support.ground import until
from tests.support.stage import Stage

READ = "SELECT book, title FROM read ORDER BY book, title"
SEEN = "SELECT shelf, books FROM seen ORDER BY shelf"
STOPPED = "SELECT DISTINCT topic, partition FROM b40.position WHERE stopped IS NOT NULL"
Log = dict[int, list[tuple[bytes, bytes | None, tuple[Any, ...]]]]


def reader(folder: Path) -> Application:
    """Notes each book that was shelved, as often as it takes it, and the shelves as they stand."""
    (folder / "0001_reader.sql").write_text(
        "CREATE TABLE read (book text, title text); CREATE TABLE seen (shelf text PRIMARY KEY, books integer)"
    )
    hears = Hears("reader")

    @hears.each(BookShelved)
    async def read(heard: Heard[BookShelved], work: Work) -> None:
        await work.connection.execute("INSERT INTO read VALUES ($1, $2)", heard.event.book, heard.event.title)

    @hears.each(Shelf)
    async def see(heard: Heard[Shelf], work: Work) -> None:
        await work.connection.execute(
            "INSERT INTO seen VALUES ($1, $2) ON CONFLICT (shelf) DO UPDATE SET books = $2",
            heard.event.shelf,
            heard.event.books,
        )

    return Application(name="reader", topics=TOPICS, hears=hears, migrations=folder)


async def shelve(stage: Stage, books: str) -> None:
    for book in books:
        await stage.publish(BookReported(book=book, shelf="s", title=f"title {book}"))
    await stage.quiet()


async def state(stage: Stage) -> Sequence[Any]:
    return [[tuple(row) for row in await stage.query("reader", each)] for each in (READ, SEEN)]


async def held(stage: Stage, topic: Topic) -> Log:
    """All that a topic's log holds."""
    partitions = [TopicPartition(stage.prefix + topic.name, number) for number in range(topic.partitions)]
    consumer = AIOKafkaConsumer(bootstrap_servers=stage.kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: Log = {number: [] for number in range(topic.partitions)}
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for each, records in (await consumer.getmany(timeout_ms=200)).items():
                found[each.partition] += [(raw.key, raw.value, tuple(raw.headers)) for raw in records]
        return found
    finally:
        await consumer.stop()


async def restore_older(stage: Stage, topic: Topic, keep: int) -> Log:
    """Make a topic as a broker that was restored has it: the first records of each partition. Returns what it held."""
    before = await held(stage, topic)
    await make_anew(stage, topic)
    for records in before.values():
        for key, value, headers in records[:keep]:
            await stage.publish_raw(topic.name, key, value, headers)
    return before


async def republish(stage: Stage, **wanted: Any) -> dict[str, tuple[int, int]]:
    """Lost and unknown records by topic, where there are any."""
    async with stage.operations("library") as client:
        answer = await client.post("/archive/republish", json=wanted)
    assert answer.status_code == 200, answer.text
    counts = answer.json()["topics"]
    return {name: (one["lost"], one["unknown"]) for name, one in counts.items() if one["lost"] or one["unknown"]}


async def resume_all(stage: Stage) -> set[str]:
    """Have all that is stopped go on from its beginning. Returns which topics were stopped."""
    topics = set()
    for app in stage.services:
        for topic, partition in await stage.query(app, STOPPED):
            topics.add(topic)
            async with stage.operations(app) as client:
                path = f"/positions/{topic}/{partition}/resume"
                assert (await client.post(path, json={"begin": "beginning"})).status_code == 200
    return topics


@pytest.mark.parametrize("said_meanwhile", ["", "xyz"])
async def test_what_a_restored_broker_lost_is_published_again(
    kafka: str, postgres: str, tmp_path: Path, said_meanwhile: str
) -> None:
    """Breaks if a record is missing, comes in another order or under another id, or is taken twice."""
    async with Stage(kafka, postgres, library(Switches()), reader(tmp_path)) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        for book in "abcdefghi":  # each in a transaction of its own: a state of the shelf after each
            await shelve(stage, book)
        await stage.stop("reader")
        await stage.stop("library")
        facts, states = [await restore_older(stage, topic, 1) for topic in (BOOKS, SHELVES)]
        await stage.start("library")
        await stage.start("reader")
        for book in said_meanwhile:
            await stage.publish(BookReported(book=book, shelf="s", title="meanwhile"))
        await until(lambda: relayed(stage, 9 + len(said_meanwhile)))
        lost = {
            "library-books": (sum(len(each[1:]) for each in facts.values()), 0),
            "library-shelves": (sum(len(each[1:]) for each in states.values()), 0),
        }
        assert await republish(stage, dry_run=True) == lost
        assert await republish(stage, topic="library-books") == {"library-books": lost["library-books"]}
        assert await republish(stage) == {"library-shelves": lost["library-shelves"]}
        await until(lambda: relayed(stage, 9 + len(said_meanwhile)))
        assert await resume_all(stage) == {"library-books", "library-shelves"}
        await stage.quiet()
        books = [(book, f"title {book}") for book in "abcdefghi"] + [(book, "meanwhile") for book in said_meanwhile]
        assert await state(stage) == [books, [("s", len(books))]]
        if not said_meanwhile:
            assert await held(stage, BOOKS) == facts
            assert await held(stage, SHELVES) == states
        assert await republish(stage) == {}, "what was published again is not lost any more"


async def relayed(stage: Stage, books: int) -> bool:
    """Whether the library has so many books, and has sent all."""
    (row,) = await stage.query(
        "library",
        "SELECT (SELECT count(*) FROM book), (SELECT count(*) FROM b40.outbox WHERE sent IS NULL)",
    )
    return tuple(row) == (books, 0)


async def test_what_retention_removed_is_not_lost(kafka: str, postgres: str) -> None:
    """Breaks if what stands before the log's beginning is published again; a whole archive would come."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await shelve(stage, "abcdef")
        client = admin_client(stage.kafka)
        ends = [len(records) for records in (await held(stage, BOOKS)).values()]
        cut = [Part(stage.prefix + BOOKS.name, number, end) for number, end in enumerate(ends) if end]
        for done in client.delete_records(cut).values():
            await asyncio.to_thread(done.result, 20)
        assert await republish(stage) == {}


async def test_what_the_relay_could_not_place_is_sent_again_once(kafka: str, postgres: str) -> None:
    """The broker may acknowledge without an offset. Breaks if such a record counts as safe, or is sent for ever."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await shelve(stage, "a")
        service = stage.services["library"]
        await service.frame.pool.execute(
            "UPDATE b40.outbox SET offsets = array_fill(-1::bigint, ARRAY[records]) WHERE 'library-books' = ANY(topics)"
        )
        assert "library-books" in await republish(stage)
        await stage.quiet()
        assert await republish(stage) == {}


@pytest.mark.parametrize(("method", "path"), [("POST", "/archive/republish"), ("GET", "/intake/lost")])
async def test_why_nothing_could_be_compared_is_told(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    """Breaks if an operator whose Kafka is away is told nothing, or that nothing was lost."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        monkeypatch.setattr(stage.services["library"].frame.settings, "kafka", f"{ports.HOST}:{ports.free()}")
        async with stage.operations("library") as client:
            answer = await client.request(method, path, json={} if method == "POST" else None)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["detail"].startswith("Kafka does not tell what it holds")


async def test_only_one_publishes_again_at_a_time(kafka: str, postgres: str) -> None:
    """Breaks if two send the same lost records: nobody takes them twice, but the log would hold them twice."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        async with session(stage.services["library"].frame.pool) as other, stage.operations("library") as client:
            assert await other.fetchval("SELECT pg_try_advisory_lock($1)", REPUBLISH_LOCK)
            answer = await client.post("/archive/republish", json={})
        assert answer.status_code == 409
        assert answer.json()["detail"] == "somebody republishes already"
        assert await republish(stage) == {}
