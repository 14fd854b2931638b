"""A process ends within half a minute of being asked to, and waits as long as it must for what it needs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from b40_infra.local import ports
from b40_infra.local.kafka import Kafka
from b40_infra.local.postgres import Postgres
from b40_infra.local.process import Child

from tests.failures.test_group import ended
from tests.support.ground import Findings, Ground, until

END_SECONDS_MAX = 33

Part = Kafka | Postgres


@contextmanager
def own_kafka(folder: Path) -> Iterator[Kafka]:
    part = Kafka(folder / "kafka", ports.free(), ports.free())
    with running(part):
        yield part


@contextmanager
def own_postgres(folder: Path) -> Iterator[Postgres]:
    part = Postgres(folder / "postgres", ports.free())
    with running(part):
        yield part


@contextmanager
def running(part: Part) -> Iterator[None]:
    """A part of this test's own, that may be killed and frozen."""
    part.folder.mkdir()
    part.prepare()
    part.child.start()
    try:
        part.wait()
        yield
    finally:
        part.stop()


@contextmanager
def away(child: Child, how: str) -> Iterator[None]:
    """It does not answer: it was killed, or it is frozen, and its connections stay open."""
    group = child.pid
    assert group is not None, "it runs in a session of its own"
    if how == "killed":
        child.kill()
    else:
        os.killpg(group, signal.SIGSTOP)
    try:
        yield
    finally:
        if how == "killed":
            child.start()
        else:
            os.killpg(group, signal.SIGCONT)


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_it_ends_when_kafka_is_away(postgres: str, tmp_path: Path, how: str) -> None:
    """TRAP: aiokafka's stop waits for answers; nothing may wait longer than its share."""
    with own_kafka(tmp_path) as kafka:
        async with Ground(kafka.bootstrap, postgres, tmp_path) as ground:
            (copy,) = await ground.started("a")
            await ground.give(200)
            await ground.settled()
            with away(kafka.child, how):
                copy.ask_to_stop()
                await ended(copy, END_SECONDS_MAX)
            kafka.wait()
            copy.start()
            await ground.give(200)
            await ground.settled()
            assert await ground.findings() == Findings()


@pytest.mark.parametrize("how", ["killed", "frozen"])
async def test_it_ends_when_postgresql_is_away(kafka: str, tmp_path: Path, how: str) -> None:
    """Breaks if a stop waits for a batch that cannot be finished, or for the pool."""
    with own_postgres(tmp_path) as postgres:
        async with Ground(kafka, postgres.dsn(), tmp_path) as ground:
            (copy,) = await ground.started("a")
            await ground.give(200)
            await ground.settled()
            with away(postgres.child, how):
                await ground.give(200)
                copy.ask_to_stop()
                await ended(copy, END_SECONDS_MAX)
            postgres.wait()
            copy.start()
            await ground.settled()
            assert await ground.findings() == Findings()


@pytest.mark.parametrize(("what", "nowhere"), [("B40_KAFKA", "{}:{}"), ("B40_DATABASE", "postgresql://x:x@{}:{}/x")])
async def test_a_copy_waits_for_what_it_needs_and_answers_meanwhile(
    kafka: str, postgres: str, tmp_path: Path, what: str, nowhere: str
) -> None:
    """Breaks if it ends, or is deaf, while it waits: an orchestrator would start it again and again."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        copy = ground.copy("a", **{what: nowhere.format(ports.HOST, ports.free())})
        copy.start()

        async def waits() -> bool:
            return "waits for PostgreSQL or Kafka" in copy.child.log.read_text()

        await until(waits, 30)
        assert await copy.live() == 200
        assert not await copy.ready()
        async with httpx.AsyncClient() as client:
            status = (await client.get(f"{copy.operations}/positions")).status_code
        assert status == (200 if what == "B40_KAFKA" else 503)
        copy.ask_to_stop()
        assert await ended(copy, END_SECONDS_MAX) == 0
