"""The pinned FastStream and aiokafka behave as this chassis counts on; an upgrade that changes it is seen here.

What FastStream does when a batch's handler raises, by acknowledgement policy; and what one poisonous record does
to its batch with FastStream's own parser, which is why the chassis brings its own.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from b40_infra.topics import admin_client
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage

SILENT = logging.getLogger("silent")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False
Header = tuple[str, bytes | None]


async def topic_with(kafka: str, records: Sequence[tuple[bytes | None, Sequence[Header]]]) -> str:
    name = f"libraries-{uuid4().hex[:8]}"
    client = admin_client(kafka)
    for made in client.create_topics([NewTopic(name, 1, 1)]).values():
        made.result(20)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for value, headers in records:
        await producer.send_and_wait(name, value, headers=list(headers))
    await producer.stop()
    return name


async def committed(kafka: str, topic: str, group: str) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    offset = await consumer.committed(TopicPartition(topic, 0))
    await consumer.stop()
    return offset or 0


async def listen(
    kafka: str, topic: str, policy: AckPolicy, hear: Callable[[Any], Awaitable[None]], done: asyncio.Event, **more: Any
) -> str:
    """Hear a topic in batches until ``done``, then stop. Returns the group."""
    group = f"group-{uuid4().hex[:8]}"
    broker = KafkaBroker(kafka, apply_types=False, logger=SILENT, consumer_only=True, allow_auto_create_topics=False)
    subscriber = broker.subscriber(
        topic, group_id=group, batch=True, max_records=100, batch_timeout_ms=10, ack_policy=policy,
        auto_offset_reset="earliest", **more,
    )  # fmt: skip
    subscriber(hear)
    await broker.start()
    async with asyncio.timeout(20):
        await done.wait()
    await broker.stop()
    return group


@pytest.mark.parametrize(
    ("policy", "comes_again"),
    [(AckPolicy.NACK_ON_ERROR, True), (AckPolicy.ACK, False), (AckPolicy.ACK_FIRST, False)],
    ids=["NACK_ON_ERROR", "ACK", "ACK_FIRST"],
)
async def test_only_nack_on_error_brings_a_failed_batch_again(kafka: str, policy: AckPolicy, comes_again: bool) -> None:
    """A later record ends the wait: by then a policy that loses has lost the first five."""
    topic = await topic_with(kafka, [(b"%d" % number, []) for number in range(5)])
    heard: list[list[bytes]] = []
    failed, done = asyncio.Event(), asyncio.Event()

    async def hear(values: Any) -> None:
        heard.append([bytes(value) for value in values])
        if len(heard) == 1:
            failed.set()
            raise RuntimeError("the first batch fails")
        if b"last" in values:
            done.set()

    async def say_last() -> None:
        await failed.wait()
        producer = AIOKafkaProducer(bootstrap_servers=kafka)
        await producer.start()
        await producer.send_and_wait(topic, b"last")
        await producer.stop()

    async def text(message: KafkaAckableMessage) -> Any:
        return [record.value for record in message.raw_message]

    saying = asyncio.create_task(say_last())
    await listen(kafka, topic, policy, hear, done, decoder=text)
    await saying
    again = [value for batch in heard[1:] for value in batch if value != b"last"]
    assert again == ([b"0", b"1", b"2", b"3", b"4"] if comes_again else [])


@pytest.mark.parametrize("poison", [None, b"\xff\xfe"], ids=["null header", "header not UTF-8"])
async def test_with_faststreams_own_parser_one_bad_header_takes_the_good_records_with_it(
    kafka: str, poison: bytes | None
) -> None:
    """If this fails, FastStream has mended it; the chassis' parser, which never raises, may then be simplified."""
    records: list[tuple[bytes | None, Sequence[Header]]] = [(b"1", []), (b"2", [("x", poison)]), (b"3", [])]
    topic = await topic_with(kafka, records)
    heard: list[bytes] = []
    done = asyncio.Event()

    async def hear(values: Any) -> None:
        heard.extend(bytes(value) if isinstance(value, bytes) else str(value).encode() for value in values)
        if b"last" in heard:
            done.set()

    listening = asyncio.create_task(listen(kafka, topic, AckPolicy.NACK_ON_ERROR, hear, done))
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    async with asyncio.timeout(20):
        while not done.is_set():  # until a batch without the poison comes through
            await producer.send_and_wait(topic, b"last", headers=[("content-type", b"text/plain")])
            await asyncio.sleep(0.1)
    await producer.stop()
    group = await listening
    assert {b"1", b"3"} & set(heard) == set()
    assert await committed(kafka, topic, group) > 3, "and its offset was committed past them"


async def test_a_batch_mixes_partitions_in_offset_order_within_each(kafka: str) -> None:
    name = f"libraries-{uuid4().hex[:8]}"
    client = admin_client(kafka)
    for made in client.create_topics([NewTopic(name, 2, 1)]).values():
        made.result(20)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for number in range(10):
        await producer.send_and_wait(name, b"x", partition=number % 2)
    await producer.stop()
    batches: list[list[tuple[int, int]]] = []
    done = asyncio.Event()

    async def hear(records: Any) -> None:
        batches.append([(record.partition, record.offset) for record in records])
        if sum(map(len, batches)) == 10:
            done.set()

    async def raw(message: KafkaAckableMessage) -> Any:
        return message.raw_message

    await listen(kafka, name, AckPolicy.NACK_ON_ERROR, hear, done, decoder=raw)
    assert any(len({partition for partition, _ in batch}) == 2 for batch in batches)
    for partition in (0, 1):
        offsets = [offset for batch in batches for number, offset in batch if number == partition]
        assert offsets == sorted(offsets)
