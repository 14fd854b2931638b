"""A slot is one copy's name: two never share one, also when the session that holds it is lost."""

import asyncio

import asyncpg
import pytest
from b40_chassis import slots
from b40_chassis.slots import Slot, take_slot

from tests.support.databases import empty_database

HOLDER = "SELECT pid FROM pg_stat_activity WHERE application_name = 'b40 slot' AND datname = current_database()"


async def end_sessions(connection: "asyncpg.Connection[asyncpg.Record]") -> set[int]:
    pids = {row["pid"] for row in await connection.fetch(HOLDER)}
    for pid in pids:
        await connection.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
    return pids


async def test_two_copies_have_two_slots_and_one_that_is_free_is_taken_again(postgres: str) -> None:
    """TRAP: aiokafka lets two members with the same instance id work side by side."""
    async with empty_database(postgres) as address:
        first, second = await take_slot(address), await take_slot(address)
        assert (first.number, second.number) == (0, 1)
        await first.give_back()
        again = await take_slot(address)
        assert again.number == 0
        await again.give_back()
        await second.give_back()


async def keeping(slot: Slot, reasons: list[str]) -> "asyncio.Task[None]":
    return asyncio.create_task(slot.keep(reasons.append))


async def test_a_slot_whose_session_was_lost_is_taken_again(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if nobody looks after the session: after a restart of the database two copies could have one name."""
    monkeypatch.setattr(slots, "TOUCH_SECONDS", 0.02)
    reasons: list[str] = []
    async with empty_database(postgres) as address:
        slot = await take_slot(address)
        kept = await keeping(slot, reasons)
        connection = await asyncpg.connect(address)
        lost = await end_sessions(connection)
        async with asyncio.timeout(20):
            while not {row["pid"] for row in await connection.fetch(HOLDER)} - lost:  # noqa: ASYNC110  (in the database)
                await asyncio.sleep(0.02)
        other = await take_slot(address)
        assert (other.number, reasons) == (1, [])
        await end(kept)
        await slot.give_back()
        await other.give_back()
        await connection.close()


async def test_a_slot_that_another_has_by_now_ends_the_process(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "TOUCH_SECONDS", 0.02)
    reasons: list[str] = []
    async with empty_database(postgres) as address:
        slot = await take_slot(address)
        connection = await asyncpg.connect(address)
        await end_sessions(connection)
        other = await take_slot(address)
        assert other.number == slot.number
        kept = await keeping(slot, reasons)
        await asyncio.wait_for(kept, 20)
        assert reasons == ["slot 0 was taken by another copy while the database was away"]
        await other.give_back()
        await connection.close()


async def end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})
