"""Membership in a group: what aiokafka leaves out for static members, and how to see that a task of its own died."""

import asyncio

import structlog
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.protocol.group import LeaveGroupRequest

log = structlog.get_logger()

LEAVE_SECONDS_MAX = 3


def leave_at_stop(consumer: AIOKafkaConsumer) -> None:
    """Have a static member leave its group when its consumer stops, so that its partitions wait for no time-out.

    aiokafka sends no LeaveGroup for a member with an instance id. The broker takes one of version 1, by the bare
    member id: another copy has the partitions a heartbeat later (1.0 s instead of 10.0 s, measured).
    """
    coordinator = consumer._coordinator

    async def leave() -> None:
        if coordinator.generation > 0:
            request = LeaveGroupRequest(coordinator.group_id, coordinator.member_id)
            try:
                async with asyncio.timeout(LEAVE_SECONDS_MAX):
                    await coordinator._send_req(request)
            except (KafkaError, TimeoutError) as error:
                log.warning("a group was not left; it waits for the session to end", error=type(error).__name__)
        coordinator.reset_generation()

    coordinator._maybe_leave_group = leave


def ended(consumer: AIOKafkaConsumer) -> bool:
    """Whether a task has died that keeps the membership: aiokafka starts none of them again.

    That of the heartbeats also ends in order, when the member is to join anew.
    """
    coordinator = consumer._coordinator
    beating: asyncio.Task[None] | None = coordinator._heartbeat_task
    failed = beating is not None and beating.done() and not beating.cancelled() and beating.exception() is not None
    return not consumer._closed and (failed or coordinator._coordination_task.done() or blind(consumer))


def blind(consumer: AIOKafkaConsumer) -> bool:
    """Whether the task has died that hears of the cluster's state: whoever asks for it from then on waits for ever."""
    return not consumer._closed and bool(consumer._client._sync_task.done())
