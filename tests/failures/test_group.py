"""Copies that join, leave, die, freeze or are slow: nothing is lost, doubled or out of order, and the group settles."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from b40_infra.topics import admin_client
from confluent_kafka import ConsumerGroupState

from tests.support.copies import Copy
from tests.support.ground import Findings, Ground, until

Record = Callable[[str, object], None]
"""pytest's record_testsuite_property: figures for ``--junitxml``."""

FREEZE_SECONDS = 15  # longer than the session of 10 s, so that the group goes on without the frozen copy
SETTLE_SECONDS_MAX = 5.0


async def giving(ground: Ground, stop: asyncio.Event) -> None:
    """Send transfers all the time, so that there is always something in flight and never much."""
    while not stop.is_set():
        await ground.give(100)
        await until(lambda: waiting_below(ground, 500), 60)


async def waiting_below(ground: Ground, transfers: int) -> bool:
    return sum(ground.given.last.values()) - len(await ground.booked()) < transfers


async def some_booked(ground: Ground) -> bool:
    return bool(await ground.booked())


async def lasts(seconds: float) -> None:
    """A fault lasts so long."""
    end = time.monotonic() + seconds

    async def over() -> bool:
        return time.monotonic() > end

    await until(over, seconds + 10)


@asynccontextmanager
async def traffic(ground: Ground) -> AsyncIterator[None]:
    """Transfers come and are booked while this lasts."""
    stop = asyncio.Event()
    task = asyncio.create_task(giving(ground, stop))
    try:
        await until(lambda: some_booked(ground), 30)
        yield
    finally:
        stop.set()
        await task


@asynccontextmanager
async def books_locked(ground: Ground) -> AsyncIterator[Callable[[], "asyncio.Future[bool]"]]:
    """Nobody can book: a batch that was begun is in flight until this ends. Yields a look at whether one is."""
    connection = await asyncpg.connect(ground.database)
    waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'transfer'::regclass)"
    try:
        async with connection.transaction():
            await connection.execute("LOCK TABLE transfer IN EXCLUSIVE MODE")
            yield lambda: asyncio.ensure_future(connection.fetchval(waits))
    finally:
        await connection.close()


async def ended(copy: Copy, seconds_max: float = 40) -> int:
    """Wait until a copy has ended. Returns its exit code."""

    async def over() -> bool:
        return copy.code is not None

    await until(over, seconds_max)
    assert copy.code is not None
    return copy.code


async def rebalancing(ground: Ground) -> bool:
    """Whether the broker waits for members of *main* to join again."""

    def look() -> bool:
        group = f"{ground.prefix}ledger-main"
        client = admin_client(ground.kafka)  # held: without it nobody answers
        found = client.describe_consumer_groups([group])[group].result(20)
        return bool(found.state == ConsumerGroupState.PREPARING_REBALANCING)

    return await asyncio.to_thread(look)


async def test_copies_that_join_while_all_run_take_their_share(kafka: str, postgres: str, tmp_path: Path) -> None:
    async with Ground(kafka, postgres, tmp_path) as ground:
        await ground.started("a")
        async with traffic(ground):
            await ground.started("b")
            await ground.started("c", "d", "e")  # more copies than partitions: the last becomes ready as well
        await ground.settled()
        assert await ground.findings() == Findings()


async def test_the_partitions_of_a_copy_that_was_stopped_go_to_others_at_once(
    kafka: str, postgres: str, tmp_path: Path, record_testsuite_property: Record
) -> None:
    """Breaks if a static member does not leave at its clean stop: its partitions would wait 10 s for its session."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        first, _ = await ground.started("a", "b")
        async with traffic(ground):
            first.ask_to_stop()
            assert await ended(first) == 0
            stopped = time.monotonic()
        await ground.give(200)
        await ground.settled()
        record_testsuite_property("seconds from the end to rest", took := time.monotonic() - stopped)
        assert took < SETTLE_SECONDS_MAX
        assert await ground.findings() == Findings()


async def test_a_killed_copy_that_is_started_again_has_its_partitions_at_once(
    kafka: str, postgres: str, tmp_path: Path, record_testsuite_property: Record
) -> None:
    """Breaks if it does not come back under its name: its partitions would wait until its old session ended."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        first, _ = await ground.started("a", "b")
        async with traffic(ground):
            killed = time.monotonic()
            first.kill()
            first.start()
            await until(first.ready, 60)
            ready = time.monotonic()
        await ground.give(200)
        await ground.settled()
        record_testsuite_property("seconds from the kill to rest", time.monotonic() - killed)
        record_testsuite_property("seconds from ready to rest", took := time.monotonic() - ready)
        assert took < SETTLE_SECONDS_MAX
        assert await ground.findings() == Findings()


async def test_a_frozen_copy_is_replaced_and_takes_nothing_twice_when_it_thaws(
    kafka: str, postgres: str, tmp_path: Path, record_testsuite_property: Record
) -> None:
    async with Ground(kafka, postgres, tmp_path) as ground:
        first, _ = await ground.started("a", "b")
        async with traffic(ground):
            first.freeze()
            await lasts(FREEZE_SECONDS)
            first.thaw()
            thawed = time.monotonic()
        await ground.give(200)
        await ground.settled()
        record_testsuite_property("seconds from the thaw to rest", time.monotonic() - thawed)
        assert await ground.findings() == Findings()
        assert first.code is None, "it goes on, as a member like any other"


async def test_a_rebalance_waits_for_the_batch_in_flight(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if a revocation does not wait: the new copy would take the same batch beside the slow one."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        await ground.started("a")
        async with books_locked(ground) as begun:
            await ground.give(500)
            await until(begun, 20)
            second = ground.copy("b")
            second.start()
            await until(lambda: rebalancing(ground), 30)
            assert not await second.ready()
            assert (await ground.query("SELECT count(*) FROM pg_locks WHERE relation = 'transfer'::regclass"))[0][
                0
            ] == 2
        await until(second.ready, 60)
        await ground.settled()
        assert await ground.findings() == Findings()


async def test_a_stop_finishes_the_batch_in_flight(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if SIGTERM cancels what was begun: it would have to be begun again by somebody else."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        (copy,) = await ground.started("a")
        async with books_locked(ground) as begun:
            await ground.give(20)
            await until(begun, 20)
            copy.ask_to_stop()
            await until(lambda: not_ready(copy), 20)
            await lasts(1)  # one that does not wait has given up by now
        assert await ended(copy) == 0
        assert await ground.booked(), "nobody else was there to book it"
        copy.start()
        await ground.settled()
        assert await ground.findings() == Findings()


async def not_ready(copy: Copy) -> bool:
    return not await copy.ready()


async def test_a_copy_whose_database_went_back_ends_with_a_reason_and_starts_anew(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    async with Ground(kafka, postgres, tmp_path) as ground:
        (copy,) = await ground.started("a")
        await ground.give(100)
        await ground.settled()
        await ground.query("UPDATE b40.position SET next_offset = next_offset - 1 WHERE taken > 0")
        await ground.give(100)
        assert await ended(copy) == 1
        assert "the database went back" in copy.child.log.read_text()
        copy.start()
        await ground.settled()
        assert await ground.findings() == Findings()
