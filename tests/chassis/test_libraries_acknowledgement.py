"""The pinned FastStream acknowledges batches as this chassis counts on: every policy, for every end of a handler.

The chassis takes NACK_ON_ERROR, the only one that loses nothing. A policy whose row changes here may be reconsidered.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from faststream import AckPolicy
from faststream.kafka.message import KafkaAckableMessage

from tests.chassis.listening import (
    SECONDS_MAX,
    committed,
    listening,
    new_name,
    new_topic,
    send,
    until,
    until_committed,
    values_of,
    whole,
)

FIVE = [b"0", b"1", b"2", b"3", b"4"]
POLICIES = (
    AckPolicy.ACK_FIRST,
    AckPolicy.ACK,
    pytest.param(
        AckPolicy.REJECT_ON_ERROR,
        marks=pytest.mark.filterwarnings("ignore:AckPolicy.REJECT_ON_ERROR has the same effect:UserWarning"),
    ),
    AckPolicy.NACK_ON_ERROR,
    AckPolicy.MANUAL,
)


def by_name(policy: AckPolicy) -> str:
    return policy.name


async def five_records(kafka: str) -> str:
    topic = new_topic(kafka)
    await send(kafka, topic, FIVE)
    return topic


def stuck(ends: list[str]) -> Callable[[Any], Awaitable[None]]:
    """A handler that does not end by itself; it notes that it was begun, and that it was cancelled."""

    async def hear(_: Any) -> None:
        ends.append("begun")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    return hear


@pytest.mark.parametrize("policy", POLICIES, ids=by_name)
async def test_only_nack_on_error_brings_a_batch_again_whose_handler_raises(kafka: str, policy: AckPolicy) -> None:
    """MANUAL commits nothing then, but its position has moved on, and the next batch's commit passes the failed one.

    If another policy brings it again, Hearing need not rely on NACK_ON_ERROR; if it does not, it must seek.
    """
    topic = await five_records(kafka)
    heard: list[list[bytes]] = []

    async def hear(message: KafkaAckableMessage) -> None:
        heard.append(values_of(message))
        if len(heard) == 1:
            raise RuntimeError("the first batch fails")
        if policy is AckPolicy.MANUAL:
            await message.ack()

    async with listening(kafka, topic, policy, hear, decoder=whole) as group:
        await until(lambda: bool(heard))
        await send(kafka, topic, [b"last"])
        await until(lambda: any(b"last" in values for values in heard[1:]))
    first, *later = heard
    again = [value for values in later for value in values if value != b"last"]
    assert again == (first if policy is AckPolicy.NACK_ON_ERROR else FIVE[len(first) :])
    assert await committed(kafka, topic, group) == 6


@pytest.mark.parametrize("policy", POLICIES, ids=by_name)
async def test_a_batch_cancelled_at_the_graceful_time_out_is_lost_with_ack_first_alone(
    kafka: str, policy: AckPolicy
) -> None:
    """If NACK_ON_ERROR commits here, a stop that runs into Subscribers' time-out may lose a batch in flight."""
    topic = await five_records(kafka)
    ends: list[str] = []
    hear = stuck(ends)

    async with listening(kafka, topic, policy, hear, decoder=whole, graceful_timeout=0.1) as group:
        await until(lambda: bool(ends))
    await until(lambda: ends == ["begun", "cancelled"])
    assert bool(await committed(kafka, topic, group)) == (policy is AckPolicy.ACK_FIRST)


@pytest.mark.parametrize("policy", POLICIES, ids=by_name)
async def test_a_batch_whose_process_is_killed_is_lost_with_ack_first_alone(kafka: str, policy: AckPolicy) -> None:
    """ACK_FIRST has aiokafka commit what was handed out, whatever the handler does with it."""
    topic, group = await five_records(kafka), new_name("group")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.chassis.listening",
        kafka,
        topic,
        group,
        policy.name,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(SECONDS_MAX):
            assert await process.stdout.readline() == b"heard\n"
        if policy is AckPolicy.ACK_FIRST:
            await until_committed(kafka, topic, group, 1)
    finally:
        process.kill()
        await process.wait()
    assert bool(await committed(kafka, topic, group)) == (policy is AckPolicy.ACK_FIRST)


async def test_a_graceful_stop_lets_the_batch_in_flight_finish_and_commits_it(kafka: str) -> None:
    """If this fails, Subscribers.stop must wait for the batch itself before it stops the broker."""
    topic = await five_records(kafka)
    begun, go_on = asyncio.Event(), asyncio.Event()
    heard: list[bytes] = []

    async def hear(message: KafkaAckableMessage) -> None:
        begun.set()
        await go_on.wait()
        heard.extend(values_of(message))

    async def stop_amid() -> str:
        async with listening(kafka, topic, AckPolicy.NACK_ON_ERROR, hear, decoder=whole) as group:
            await begun.wait()
            asyncio.get_running_loop().call_later(0.5, go_on.set)  # while the broker stops
        return group

    group = await stop_amid()
    assert heard
    assert await committed(kafka, topic, group) == len(heard)


async def test_no_graceful_time_out_means_not_to_wait_at_all(kafka: str) -> None:
    """If this fails, None has come to mean for ever, and the outer limit of Subscribers.stop is what ends a stop."""
    topic = await five_records(kafka)
    ends: list[str] = []
    hear = stuck(ends)

    async with asyncio.timeout(SECONDS_MAX):
        async with listening(kafka, topic, AckPolicy.NACK_ON_ERROR, hear, decoder=whole, graceful_timeout=None):
            await until(lambda: bool(ends))
        await until(lambda: ends == ["begun", "cancelled"])
