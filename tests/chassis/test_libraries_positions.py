"""Where the pinned FastStream and aiokafka read on: the traps that Cursor, Hearing and Guard are built around."""

import asyncio
from collections.abc import Collection
from typing import Any

import pytest
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError
from b40_infra.topics import admin_client
from confluent_kafka import TopicPartition as ConfluentPartition
from faststream import AckPolicy
from faststream.kafka.message import KafkaAckableMessage

from tests.chassis.listening import SECONDS_MAX, consuming, listening, new_topic, send, until, whole

Batch = list[tuple[int, int]]
"""Partition and offset of each record."""


def places(message: KafkaAckableMessage) -> Batch:
    return [(record.partition, record.offset) for record in message.raw_message]


async def two_partitions_of(kafka: str, records: int) -> str:
    topic = new_topic(kafka, 2)
    for partition in (0, 1):
        await send(kafka, topic, [b"x"] * records, partition=partition)
    return topic


async def test_a_batch_mixes_partitions_in_offset_order_within_each(kafka: str) -> None:
    """If a batch were of one partition, the check of positions could look at a single one."""
    topic = await two_partitions_of(kafka, 5)
    batches: list[Batch] = []

    async def hear(message: KafkaAckableMessage) -> None:
        batches.append(places(message))

    async with listening(kafka, topic, AckPolicy.NACK_ON_ERROR, hear, decoder=whole):
        await until(lambda: sum(map(len, batches)) >= 5)
        for partition in (0, 1):
            await send(kafka, topic, [b"x"] * 5, partition=partition)
        await until(lambda: sum(map(len, batches)) == 20)
    for partition in (0, 1):
        offsets = [offset for batch in batches for number, offset in batch if number == partition]
        assert offsets == list(range(10))


async def hear_and_seek(kafka: str, topic: str, to: int, *, raising: bool) -> list[Batch]:
    """All batches, when the handler seeks the first partition of the first batch, and raises or returns."""
    batches: list[Batch] = []

    async def hear(message: KafkaAckableMessage) -> None:
        batches.append(places(message))
        if len(batches) == 1:
            partition = batches[0][0][0]
            message.consumer.seek(TopicPartition(topic, partition), to)
            if raising:
                raise RuntimeError("after its own seek")

    async with listening(kafka, topic, AckPolicy.NACK_ON_ERROR, hear, decoder=whole):
        await until(lambda: len(batches) >= 2)
        first = batches[0][0][0]
        await send(kafka, topic, [b"last"], partition=first)
        await until(lambda: any((first, 10) in batch for batch in batches))
    return batches


async def test_raising_has_faststream_seek_over_the_handlers_own_seek(kafka: str) -> None:
    """If this fails, Hearing may raise after it has sought; returning is right either way."""
    topic = new_topic(kafka)
    await send(kafka, topic, [b"x"] * 10)
    assert (await hear_and_seek(kafka, topic, 7, raising=True))[1][0] == (0, 0)


async def test_returning_leaves_the_handlers_own_seek_as_it_is(kafka: str) -> None:
    """If this fails, nothing in the handler decides any more where to read on: Hearing must be built anew."""
    topic = new_topic(kafka)
    await send(kafka, topic, [b"x"] * 10)
    assert (await hear_and_seek(kafka, topic, 7, raising=False))[1][0] == (0, 7)


async def test_what_a_dropped_batch_had_of_an_unsought_partition_never_comes_again(kafka: str) -> None:
    """If this fails, it is enough to seek the partition that disagrees, and NotTaken may name it alone."""
    topic = await two_partitions_of(kafka, 10)
    async with consuming(kafka) as consumer:
        both = [TopicPartition(topic, 0), TopicPartition(topic, 1)]
        consumer.assign(both)
        async with asyncio.timeout(SECONDS_MAX):
            for each in both:
                while not await consumer.getmany(each, timeout_ms=100, max_records=5):
                    pass
        consumer.seek(both[0], 0)
        again: dict[int, list[int]] = {0: [], 1: []}
        async with asyncio.timeout(SECONDS_MAX):
            while len(again[0]) < 10 or len(again[1]) < 5:
                for partition, records in (await consumer.getmany(timeout_ms=100)).items():
                    again[partition.partition] += [record.offset for record in records]
    assert again == {0: list(range(10)), 1: list(range(5, 10))}


class Slow(ConsumerRebalanceListener):  # type: ignore[misc]
    """Does not return from an assignment before it is told to, and then raises."""

    def __init__(self) -> None:
        self.called, self.go_on = asyncio.Event(), asyncio.Event()
        self.raised = False

    async def on_partitions_revoked(self, revoked: Collection[Any]) -> None:
        """Nothing to do."""

    async def on_partitions_assigned(self, assigned: Collection[Any]) -> None:
        """Waits, and fails."""
        self.called.set()
        await self.go_on.wait()
        self.raised = True
        raise RuntimeError("no positions for this assignment")


async def test_records_are_handed_out_before_the_listener_has_returned_and_although_it_raises(kafka: str) -> None:
    """If this fails, the seek in Rebalance is enough, and a copy need not check its first batch (design 5.2)."""
    topic, listener = new_topic(kafka), Slow()
    await send(kafka, topic, [b"x"])
    heard: list[Batch] = []

    async def hear(message: KafkaAckableMessage) -> None:
        heard.append(places(message))

    async with listening(kafka, topic, AckPolicy.NACK_ON_ERROR, hear, decoder=whole, listener=listener):
        await listener.called.wait()
        await until(lambda: bool(heard))
        assert not listener.raised
        listener.go_on.set()
        await send(kafka, topic, [b"y"])
        await until(lambda: sum(map(len, heard)) == 2)
        assert listener.raised


async def test_a_seek_on_a_partition_that_was_revoked_raises(kafka: str) -> None:
    """If this fails, Cursor need not catch it; a seek that does nothing must then be noticed in another way."""
    topic = await two_partitions_of(kafka, 1)
    async with consuming(kafka) as consumer:
        consumer.assign([TopicPartition(topic, 0), TopicPartition(topic, 1)])
        await consumer.getmany(timeout_ms=200)
        consumer.assign([TopicPartition(topic, 0)])
        await consumer.getmany(timeout_ms=200)
        with pytest.raises(IllegalStateError):
            consumer.seek(TopicPartition(topic, 1), 0)


async def test_a_log_that_starts_after_the_position_is_read_on_without_an_error(kafka: str) -> None:
    """If aiokafka raises here one day, the guard's comparison with the log's beginning may rely on that."""
    topic = new_topic(kafka)
    await send(kafka, topic, [b"x"] * 10)
    async with consuming(kafka) as consumer:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, 2)
        client = admin_client(kafka)
        for cut in client.delete_records([ConfluentPartition(topic, 0, 6)]).values():
            cut.result(SECONDS_MAX)
        async with asyncio.timeout(SECONDS_MAX):
            records: list[Any] = []
            while not records:
                records = (await consumer.getmany(timeout_ms=100)).get(partition, [])
    assert records[0].offset == 6


async def test_a_lookup_on_a_consuming_client_waits_for_its_fetch(kafka: str) -> None:
    """If this fails, Offsets needs no client of its own."""
    topic = new_topic(kafka)
    partition = TopicPartition(topic, 0)
    async with consuming(kafka, fetch_max_wait_ms=5_000) as busy, consuming(kafka) as own:
        busy.assign([partition])
        own.assign([partition])
        own.pause(partition)
        busy.seek(partition, 0)
        await busy.getmany(timeout_ms=200)  # its fetch is with the broker now
        slow = asyncio.create_task(busy.end_offsets([partition]))
        async with asyncio.timeout(SECONDS_MAX):
            for _ in range(3):
                assert await own.end_offsets([partition]) == {partition: 0}
            assert not slow.done()
            await slow
