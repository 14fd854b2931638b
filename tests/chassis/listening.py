"""FastStream and aiokafka as they come, for contract tests: topics of a few records, listeners, what was committed.

As a program it is a listener that never finishes its first batch: ``python -m tests.chassis.listening KAFKA TOPIC GROUP
POLICY``; it prints a line when it has the batch.
"""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from b40_infra.topics import admin_client
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage

SILENT = logging.getLogger("silent")
SILENT.addHandler(logging.NullHandler())
SILENT.propagate = False
SECONDS_MAX = 30
ASK_SECONDS = 0.02

Header = tuple[str, bytes | None]
Hear = Callable[[Any], Awaitable[None]]


def new_name(what: str) -> str:
    """A name that nothing else has."""
    return f"libraries-{what}-{uuid4().hex[:8]}"


def new_topic(kafka: str, partitions: int = 1, **settings: str) -> str:
    """A new topic."""
    name = new_name("topic")
    wanted = NewTopic(name, partitions, 1, config={key.replace("_", "."): value for key, value in settings.items()})
    client = admin_client(kafka)  # kept: its answers end with it
    for made in client.create_topics([wanted]).values():
        made.result(SECONDS_MAX)
    return name


@asynccontextmanager
async def producing(kafka: str, **settings: Any) -> AsyncIterator[AIOKafkaProducer]:
    """A producer."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, **settings)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


@asynccontextmanager
async def consuming(kafka: str, *topics: str, **settings: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of aiokafka's, without FastStream."""
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest", **settings
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def send(
    kafka: str, topic: str, values: Sequence[bytes | None], headers: Sequence[Header] = (), partition: int = 0
) -> None:
    """Send records to one partition."""
    async with producing(kafka) as producer:
        for value in values:
            await producer.send_and_wait(topic, value, headers=list(headers), partition=partition)


async def committed(kafka: str, topic: str, group: str) -> int:
    """What a group has committed of a topic's only partition; 0 if nothing."""
    async with consuming(kafka, group_id=group) as consumer:
        return await consumer.committed(TopicPartition(topic, 0)) or 0


async def whole(message: KafkaAckableMessage) -> Any:
    """As decoder: the handler gets the message, with its raw records and its acknowledgement."""
    return message


def values_of(message: KafkaAckableMessage) -> list[bytes]:
    """The values of a batch's records."""
    return [record.value for record in message.raw_message]


@asynccontextmanager
async def listening(
    kafka: str, topic: str, policy: AckPolicy, hear: Hear, *, graceful_timeout: float | None = 15, **more: Any
) -> AsyncIterator[str]:
    """Hear a topic in batches of FastStream's, under a new group, which is given, until the end of the block."""
    group = more.pop("group_id", None) or new_name("group")
    broker = KafkaBroker(
        kafka,
        logger=SILENT,
        consumer_only=True,
        allow_auto_create_topics=False,
        graceful_timeout=graceful_timeout,
        apply_types=more.pop("apply_types", False),
    )
    subscriber = broker.subscriber(
        topic,
        group_id=group,
        batch=True,
        max_records=100,
        batch_timeout_ms=10,
        ack_policy=policy,
        auto_offset_reset="earliest",
        **more,
    )
    subscriber(hear)
    await broker.start()
    try:
        yield group
    finally:
        await broker.stop()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what FastStream or aiokafka does on a task of its own."""
    async with asyncio.timeout(SECONDS_MAX):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(ASK_SECONDS)


async def until_committed(kafka: str, topic: str, group: str, offset: int) -> None:
    """Wait until a group has committed an offset."""
    async with asyncio.timeout(SECONDS_MAX):
        while await committed(kafka, topic, group) < offset:  # noqa: ASYNC110  (told by the broker)
            await asyncio.sleep(ASK_SECONDS)


async def _never_finish(kafka: str, topic: str, group: str, policy: str) -> None:
    async def hear(_: Any) -> None:
        os.write(sys.stdout.fileno(), b"heard\n")
        await asyncio.Event().wait()

    more = {"auto_commit_interval_ms": 100} if policy == AckPolicy.ACK_FIRST.name else {}
    async with listening(kafka, topic, AckPolicy[policy], hear, group_id=group, decoder=whole, **more):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_never_finish(*sys.argv[1:]))
