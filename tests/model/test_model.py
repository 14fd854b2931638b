"""The chassis against a model of log, members, relay, crash and restore: any schedule applies each event once.

``EXAMPLES=n`` runs so many schedules of fresh chance instead of the fixed ones, ``SEED=n`` those of one seed again;
``FIRST=`` leaves the first failing schedule as it is.
A failing schedule is printed as the shortest one found, with what reproduces it.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
import structlog
import uvloop
from b40_chassis.database import migrate, open_pool
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.model import rig
from tests.model.machine import Machine
from tests.support.databases import empty_database
from tests.support.ledger.app import MIGRATIONS

EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
EXAMPLES_IN_CI = 200
STEPS = 30


def test_every_schedule_ends_with_each_event_applied_once(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """INVARIANTS I1 to I9, I12. Breaks if inbox, positions, their lock and check, outbox or relay do not hold."""
    rig.hurry(monkeypatch)
    with silence(), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner, prepared(runner, postgres) as ready:
        machine: Any = type("Machine", (Machine,), {"rig": ready, "runner": runner, "monkeypatch": monkeypatch})
        if "SEED" in os.environ:
            machine = seed(int(os.environ["SEED"]))(machine)
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=EXAMPLES or EXAMPLES_IN_CI,
                stateful_step_count=STEPS,
                derandomize=not EXAMPLES,
                database=None,
                deadline=None,
                print_blob=True,
                report_multiple_bugs=False,
                phases=(Phase.generate,) if "FIRST" in os.environ else (Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert machine.rested >= (EXAMPLES or EXAMPLES_IN_CI) // 2, "few schedules came to rest"


@contextmanager
def silence() -> Iterator[None]:
    """Without the chassis's logs: thousands of failures are meant here."""
    before = structlog.get_config()
    structlog.configure(processors=[_dropped], cache_logger_on_first_use=False)
    try:
        yield
    finally:
        structlog.configure(**before)


def _dropped(*_: Any) -> Any:
    raise structlog.DropEvent


@contextmanager
def prepared(runner: asyncio.Runner, postgres: str) -> Iterator[rig.Rig]:
    """A database for all schedules. It may lose its last commits in a crash, which is no part of this model."""
    database = empty_database(postgres)
    dsn = runner.run(database.__aenter__())
    pool = runner.run(_pool(dsn))
    try:
        ready = rig.Rig(pool, dsn)
        runner.run(ready.prepare())
        yield ready
    finally:
        runner.run(pool.close())
        runner.run(database.__aexit__(None, None, None))


async def _pool(dsn: str) -> "asyncpg.Pool[asyncpg.Record]":
    connection = await asyncpg.connect(dsn)
    name = await connection.fetchval("SELECT quote_ident(current_database())")
    await connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    await connection.close()
    pool = await open_pool(dsn, 6)
    await migrate(pool, MIGRATIONS)
    return pool
