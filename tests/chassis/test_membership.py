"""What aiokafka's membership does and leaves out, as the chassis counts on: an upgrade that changes it is seen."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from b40_chassis.membership import ended, leave_at_stop
from b40_infra.topics import admin_client
from confluent_kafka.admin import NewTopic  # type: ignore[attr-defined]

SESSION_SECONDS = 10
BUSY_SECONDS = 3.0


def made_topic(kafka: str) -> str:
    name, client = f"membership-{uuid4().hex[:8]}", admin_client(kafka)
    client.create_topics([NewTopic(name, 4, 1)])[name].result(20)
    return name


def consumer(kafka: str, topic: str, slot: int) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, group_id=topic, group_instance_id=f"m-{slot}", enable_auto_commit=False,
        session_timeout_ms=SESSION_SECONDS * 1_000, heartbeat_interval_ms=1_000, rebalance_timeout_ms=30_000,
    )  # fmt: skip


async def polling(member: AIOKafkaConsumer) -> None:
    while True:
        await member.getmany(timeout_ms=100)


@asynccontextmanager
async def polled(member: AIOKafkaConsumer) -> AsyncIterator[None]:
    task = asyncio.create_task(polling(member))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def has(member: AIOKafkaConsumer, partitions: int) -> None:
    async with asyncio.timeout(30):
        while len(member.assignment()) != partitions:  # noqa: ASYNC110  (aiokafka tells nobody)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("leaves", [True, False], ids=["leaves", "as aiokafka does"])
async def test_a_static_member_leaves_by_its_bare_id(kafka: str, leaves: bool) -> None:
    """If the second case fails, aiokafka leaves by itself by now: membership.py may go."""
    topic = made_topic(kafka)
    first, second = consumer(kafka, topic, 0), consumer(kafka, topic, 1)
    await first.start()
    await second.start()
    async with polled(second):
        async with polled(first):
            await has(first, 2)
            await has(second, 2)
        if leaves:
            leave_at_stop(first)
        begun = time.monotonic()
        await first.stop()
        await has(second, 4)
        assert (time.monotonic() - begun < SESSION_SECONDS / 2) is leaves
    await second.stop()


async def test_a_busy_loop_does_not_lose_the_membership(kafka: str) -> None:
    """Heartbeats run on the event loop: a batch of 2,000 records keeps it for far less than the session lasts."""
    topic = made_topic(kafka)
    member = consumer(kafka, topic, 0)
    await member.start()
    async with polled(member):
        await has(member, 4)
        generation = member._coordinator.generation
        end = time.monotonic() + BUSY_SECONDS
        while time.monotonic() < end:
            sum(range(1_000))
        sent = member._coordinator._do_heartbeat
        assert await sent()
        assert (member._coordinator.generation, len(member.assignment())) == (generation, 4)
    await member.stop()


async def test_a_member_that_polls_too_seldom_leaves_and_comes_back(kafka: str) -> None:
    """TRAP: a batch may not last longer than max_poll_interval. The chassis' batches end after 10 s and one
    transaction more; the interval is 300 s."""
    topic = made_topic(kafka)
    member = AIOKafkaConsumer(
        topic, bootstrap_servers=kafka, group_id=topic, group_instance_id="m-0", enable_auto_commit=False,
        session_timeout_ms=10_000, heartbeat_interval_ms=200, max_poll_interval_ms=500,
    )  # fmt: skip
    await member.start()
    leave_at_stop(member)
    await has(member, 4)
    await member.getmany(timeout_ms=10)
    generation = member._coordinator.generation
    async with asyncio.timeout(20):
        while member._coordinator.generation == generation:  # noqa: ASYNC110  (aiokafka tells nobody)
            await asyncio.sleep(0.02)
    async with polled(member):
        async with asyncio.timeout(20):
            while member._coordinator.generation <= 0 or not member.assignment():  # noqa: ASYNC110  (nor here)
                await asyncio.sleep(0.02)
        assert not ended(member)
    await member.stop()
