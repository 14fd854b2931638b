"""PostgreSQL at its worst: answers lost at COMMIT, silence, slowness, no connection left, many at once, a full disk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import prometheus_client
import pytest
from b40_chassis import database
from b40_chassis.api import Read
from b40_chassis.releasing import NotOpen
from b40_chassis.service import Service
from fastapi import APIRouter

from tests.chassis.library import BookReported, BookShelved, ShelfReported, Switches, library
from tests.support.ambiguity import LosesAnswers, through
from tests.support.copies import Copy
from tests.support.ground import Findings, Ground, until
from tests.support.proxy import Proxy
from tests.support.stage import Stage

TERMINATED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1"


def failures() -> float:
    """How many batches came again in this process."""
    samples = [sample for metric in prometheus_client.REGISTRY.collect() for sample in metric.samples]
    return sum(sample.value for sample in samples if sample.name == "b40_batch_failures_total")


async def failed_since(before: float) -> bool:
    return failures() > before


async def says(copy: Copy, text: str, times: int = 1) -> bool:
    return copy.child.log.read_text("utf-8").count(text) >= times


async def test_a_commit_whose_answer_is_lost_is_not_made_again(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if the position in the database is not what decides: what was committed would be taken again."""
    port = urlsplit(postgres).port
    assert port is not None
    async with LosesAnswers(port) as proxy, Ground(kafka, postgres, tmp_path) as ground:
        copy = ground.copy("a", B40_DATABASE=through(proxy, ground.database))
        copy.start()
        await until(copy.ready, 60)
        for number in range(1, 6):
            proxy.armed = 1
            await ground.give(50)

            async def lost(number: int = number) -> bool:
                return proxy.lost == number

            await until(lost, 30)
        await ground.settled()
        assert await ground.findings() == Findings()


async def test_a_silent_database_costs_time_and_nothing_else(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a statement may wait for ever for an answer: a connection that the network forgot never ends."""
    monkeypatch.setattr(database, "COMMAND_SECONDS_MAX", 2)
    port = urlsplit(postgres).port
    assert port is not None
    async with (
        Proxy(port) as proxy,
        Stage(kafka, through(proxy, postgres), library(Switches())) as stage,
    ):
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        before = failures()
        proxy.swallow()
        await stage.publish(BookReported(book="silent", shelf="s", title="t"))
        await until(lambda: failed_since(before), 30)
        await proxy.heal()
        await stage.quiet()
        proxy.delay(0.05, 0.05)
        await stage.publish(BookReported(book="slow", shelf="s", title="t"))
        await stage.quiet()
        await proxy.heal()
        assert [shelved.book for shelved in stage.said(BookShelved)] == ["silent", "slow"]


async def test_what_a_lock_holds_up_comes_again_until_it_is_let_go(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a time-out counts as a fault of the data: good records are set aside because others were slow."""
    monkeypatch.setattr(database, "COMMAND_SECONDS_MAX", 1)
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        before = failures()
        other = await asyncpg.connect(stage.settings["library"].database.get_secret_value())
        async with other.transaction():
            await other.execute("LOCK TABLE book IN EXCLUSIVE MODE")
            for book in ("a", "b"):
                await stage.publish(BookReported(book=book, shelf="s", title="t"))
            await until(lambda: failed_since(before + 2), 30)
        await other.close()
        await stage.quiet()
        assert [shelved.book for shelved in stage.said(BookShelved)] == ["a", "b"]
        assert (await stage.services["library"].status())["dead"] == 0


@asynccontextmanager
async def owned(ground: Ground) -> AsyncIterator[tuple[str, asyncpg.Connection]]:
    """The address of the ground's database for a role that is no administrator, and an administrator's session."""
    parts = urlsplit(ground.database)
    role = parts.path.removeprefix("/").replace("test_", "role_")
    administrator = await asyncpg.connect(ground.database)
    await administrator.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    await administrator.execute(f"ALTER DATABASE {parts.path.removeprefix('/')} OWNER TO {role}")
    await administrator.execute(f"ALTER SCHEMA public OWNER TO {role}")
    try:
        yield parts._replace(netloc=f"{role}:x@{parts.hostname}:{parts.port}").geturl(), administrator
    finally:
        await administrator.fetch(TERMINATED, role)
        await administrator.execute(f"REASSIGN OWNED BY {role} TO CURRENT_USER; DROP OWNED BY {role}; DROP ROLE {role}")
        await administrator.close()


async def test_a_copy_without_a_connection_left_waits_and_goes_on(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if "too many connections" is not the infrastructure's: records are set aside, or the copy gives up."""
    async with Ground(kafka, postgres, tmp_path) as ground, owned(ground) as (address, administrator):
        role = urlsplit(address).username
        copy = ground.copy("a", B40_DATABASE=address)
        copy.start()
        await until(copy.ready, 60)
        await ground.give(100)
        await ground.settled()
        await administrator.execute(f"ALTER ROLE {role} CONNECTION LIMIT 0")
        await administrator.fetch(TERMINATED, role)
        await ground.give(100)
        await until(lambda: says(copy, "a batch comes again", 2), 30)
        await until(lambda: says(copy, "the relay begins anew", 2), 30)
        assert copy.child.alive
        await administrator.execute(f"ALTER ROLE {role} CONNECTION LIMIT -1")
        await ground.settled()
        assert await ground.findings() == Findings()
        assert await ground.query("SELECT * FROM b40.set_aside") == []
        await asyncio.to_thread(copy.end)


async def test_slow_requests_leave_connections_to_what_is_heard(kafka: str, postgres: str) -> None:
    """Breaks if requests may take the whole pool: nothing is heard until one of them lets go."""
    routes, let_go = APIRouter(), asyncio.Event()

    @routes.get("/slow")
    async def slow(read: Read) -> None:
        await read.execute("SELECT")
        await let_go.wait()

    application = library(Switches())
    application.api.include_router(routes)
    async with Stage(kafka, postgres, application, pool_size=5) as stage, stage.http("library") as client:
        asked = [asyncio.create_task(client.get("/slow")) for _ in range(8)]
        try:
            await stage.publish(ShelfReported(shelf="s"))
            await stage.publish(BookReported(book="b", shelf="s", title="t"))
            await until(lambda: _shelved(stage), 8)
        finally:
            let_go.set()
            answers = await asyncio.gather(*asked)
        assert {answer.status_code for answer in answers} <= {200, 503}


async def _shelved(stage: Stage) -> bool:
    return bool(stage.said(BookShelved))


async def test_a_dead_letter_that_two_copies_replay_at_once_is_applied_once(kafka: str, postgres: str) -> None:
    """Breaks if a replay does not lock what it replays: both copies would apply it."""
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.publish(BookReported(book="b", shelf="s", title="crash"))
        await stage.quiet()
        [dead] = await stage.query("library", "SELECT id FROM b40.set_aside")
        switches.crashing.clear()
        async with Service(library(switches), stage.settings["library"]) as other:
            replays = [service.releaser.replay(dead["id"]) for service in (stage.services["library"], other) * 2]
            results = await asyncio.gather(*replays, return_exceptions=True)
            assert [each for each in results if each == "applied"] == ["applied"]
            assert [type(each) for each in results if each != "applied"] == [NotOpen] * 3
            await stage.quiet()
        assert [shelved.book for shelved in stage.said(BookShelved)] == ["b"]
