"""The relay: all that can be sent is sent in order and archived; what no broker takes is set aside, and told."""

import asyncio
from typing import Any

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError
from b40_chassis import outbox
from b40_chassis.packing import Packed, headers_of
from b40_chassis.reaching import Kafka
from b40_chassis.sending import Sending
from b40_infra.topics import admin_client
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from tests.chassis.library import BOOKS, BookReported, BookShelved, ShelfReported, Switches, library
from tests.support.stage import Stage

HEADERS = "ce_id\x1eempty\x1fid-1\x1f"


async def fill(stage: Stage, records: list[Packed]) -> None:
    """Put records into the outbox, as a transaction does."""
    async with stage.services["library"].frame.pool.acquire() as connection, connection.transaction():
        await outbox.insert(connection, records)


async def archived(stage: Stage) -> list[asyncpg.Record]:
    return await stage.query(
        "library",
        """SELECT a.topic, a.key, a.partition, a.place FROM b40.outbox,
             unnest(topics, keys, partitions, offsets) AS a (topic, key, partition, place)
           WHERE sent IS NOT NULL ORDER BY id""",
    )


def standing(kafka: str, topic: str, partition: int, offset: int) -> Any:
    """The record that stands there."""
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "looks", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, partition, offset)])
    record = consumer.poll(20)
    consumer.close()
    return record


def limit(kafka: str, topic: str, bytes_max: int) -> None:
    """Have a topic take smaller records only."""
    entry = ConfigEntry("max.message.bytes", str(bytes_max), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    client = admin_client(kafka)  # held: without it nobody answers
    for changed in client.incremental_alter_configs([resource]).values():
        changed.result(20)


async def test_what_was_sent_is_archived_with_the_place_where_it_stands(kafka: str, postgres: str) -> None:
    """Breaks if rows are deleted, or if a place is another record's: nothing could be published again from them."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await fill(stage, [Packed(BOOKS.name, b"%d" % n, b"value", HEADERS) for n in range(50)])
        await stage.quiet()
        rows = await archived(stage)
        assert [row["key"] for row in rows] == [b"%d" % n for n in range(50)]
        for row in rows:
            record = await asyncio.to_thread(
                standing, kafka, stage.prefix + row["topic"], row["partition"], row["place"]
            )
            assert (record.key(), record.value()) == (row["key"], b"value")
            assert record.headers() == [("ce_id", b"id-1"), ("empty", b"")]
        assert (await stage.services["library"].status())["outbox"] == 0


async def test_a_record_that_no_broker_takes_is_set_aside_and_the_rest_of_its_row_goes_on(
    kafka: str, postgres: str
) -> None:
    """TRAP: a refused record breaks an idempotent producer; all that follows on its partition would fail for ever."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await asyncio.to_thread(limit, kafka, stage.prefix + BOOKS.name, 20_000)
        large = {5, 6, 20}
        sizes = [30_000 if n in large else 10 for n in range(40)]
        await fill(
            stage, [Packed(BOOKS.name, b"k", b"%02d" % n + b" " * size, HEADERS) for n, size in enumerate(sizes)]
        )
        await stage.quiet()
        rows = await archived(stage)
        assert {n for n, row in enumerate(rows) if row["place"] == -1} == large
        kept = [row["place"] for n, row in enumerate(rows) if n not in large]
        assert kept == sorted(set(kept)), "in order, each once"
        aside = await stage.query("library", "SELECT topic, reason, payload FROM b40.unsendable ORDER BY id")
        assert [bytes(row["payload"][:2]) for row in aside] == [b"05", b"06", b"20"]
        assert {row["reason"] for row in aside} == {"MessageSizeTooLargeError"}
        assert (await stage.services["library"].status())["unsendable"] == 3


async def test_what_was_set_aside_for_a_missing_topic_is_sent_by_one_command_when_it_is_there(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a topic that is missing holds up the others, or loses what was said on it."""
    monkeypatch.setattr("b40_chassis.sending.REQUEST_SECONDS_MAX", 1)
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await fill(stage, [Packed("library-novel", b"k", b"%d" % n, HEADERS) for n in range(5)])
        await stage.publish(BookReported(book="b", shelf="s", title="t"))
        await stage.quiet()
        assert len(stage.said(BookShelved)) == 1, "the others go on"
        async with stage.operations("library") as client:
            listed = (await client.get("/unsendable")).json()
            assert [each["reason"] for each in listed] == ["UnknownTopicOrPartitionError"] * 5
            name = stage.prefix + "library-novel"
            client_of_topics = admin_client(kafka)
            for made in client_of_topics.create_topics([NewTopic(name, 1, 1)]).values():
                await asyncio.to_thread(made.result, 20)
            assert (await client.post("/unsendable/send-again")).json() == {"sent": 5}
        await stage.quiet()
        for offset in range(5):
            assert (await asyncio.to_thread(standing, kafka, name, 0, offset)).value() == b"%d" % offset


async def test_a_producer_that_did_not_start_is_not_kept(kafka: str) -> None:
    """TRAP: one whose start failed hangs for ever at its next use."""
    sending = Sending(Kafka("127.0.0.1:1"), "")
    for _ in range(2):
        with pytest.raises(KafkaConnectionError, match="bootstrap"):
            await sending.send([Packed("nowhere", b"k", b"v", HEADERS)])
    await sending.close()


def test_headers_come_out_as_they_were_packed() -> None:
    assert headers_of(HEADERS) == [("ce_id", b"id-1"), ("empty", b"")]
    assert headers_of("one\x1fşü") == [("one", "şü".encode())]
