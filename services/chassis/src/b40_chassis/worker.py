"""Workers: tasks recorded in a transaction are performed outside it, and finished in a transaction of their own."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from b40_chassis import metrics, tracing
from b40_chassis.errors import describe
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection
from b40_chassis.tasks import Done, Task, TaskKind
from b40_chassis.work import Written
from b40_chassis.writing import ring, write

log = structlog.get_logger()

LEASE_SECONDS = 120
PERFORM_SECONDS_MAX = 90
RETRY_SECONDS = (0.5, 60.0)
IDLE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task that this copy holds a lease on."""

    id: UUID
    kind: TaskKind
    task: Task
    time: datetime
    now: datetime
    correlation: str | None
    traceparent: str | None
    attempts: int


class Workers:
    """Performs an app's tasks, so many at once. ``slot`` names the copy; its own old leases are free at its start."""

    def __init__(self, frame: Frame, slot: str) -> None:
        self._frame = frame
        self._slot = slot
        self._tasks = frame.application.tasks

    async def run(self) -> None:
        """Work until cancelled."""
        await self._frame.pool.execute(
            "UPDATE b40.task SET leased_by = NULL, leased_until = NULL WHERE leased_by = $1", self._slot
        )
        workers = (self._work() for _ in range(self._tasks.concurrency if self._tasks.kinds else 0))
        # Not a task group: who cancels it a second time cancels in it once, and an error may have displaced that.
        # With their exceptions, for without it ends with the first that is cancelled, and does not cancel again.
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            try:
                self._frame.bells.tasks.clear()
                claimed = await self._claim()
                if claimed is None:
                    await self._wait()
                else:
                    await self._do(claimed)
            except Exception as error:
                log.warning("a worker pauses", error=describe(error))
                await asyncio.sleep(IDLE_SECONDS)

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._frame.bells.tasks.wait()
        except TimeoutError:
            return

    async def _claim(self) -> Claimed | None:
        row = await self._frame.pool.fetchrow(
            """UPDATE b40.task SET leased_by = $1, leased_until = now() + make_interval(secs => $2),
                 attempts = attempts + 1
               WHERE id = (SELECT id FROM b40.task WHERE kind = ANY($3) AND next_try <= now()
                 AND (leased_until IS NULL OR leased_until < now())
                 ORDER BY next_try, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING *""",
            self._slot,
            float(LEASE_SECONDS),
            list(self._tasks.kinds),
        )
        if row is None:
            return None
        kind = self._tasks.kinds[row["kind"]]
        task = kind.model.model_validate(row["task"])
        return Claimed(
            id=row["id"],
            kind=kind,
            task=task,
            time=row["cause_time"],
            now=row["now"],
            correlation=row["correlation"],
            traceparent=row["traceparent"],
            attempts=row["attempts"],
        )

    async def _do(self, claimed: Claimed) -> None:
        name, context = claimed.kind.model.name, claimed.traceparent
        try:
            with tracing.transaction(f"perform {name}", [context or ""], told=context is not None):
                await self._perform(claimed)
            metrics.tasks_done.add(1, kind=name)
        except Exception as error:
            metrics.task_failures.add(1, kind=name)
            log.warning("a task is tried again", kind=name, error=describe(error))
            await self._postpone(claimed, error)

    async def _perform(self, claimed: Claimed) -> None:
        perform = claimed.kind.perform
        assert perform is not None, f"nobody performs {claimed.kind.model.name}"
        async with asyncio.timeout(PERFORM_SECONDS_MAX):
            result = await perform(claimed.task, self._reading)
        await self._finish(claimed, result)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[Connection]:
        async with self._frame.pool.acquire() as connection, connection.transaction(readonly=True):
            yield connection

    async def _finish(self, claimed: Claimed, result: Any) -> None:
        done = Done(
            task=claimed.task,
            result=result,
            source=self._frame.source,
            id=str(claimed.id),
            time=claimed.time,
            now=claimed.now,
            correlation=claimed.correlation,
            traceparent=claimed.traceparent,
        )
        written = Written()
        async with self._frame.pool.acquire() as connection, connection.transaction():
            held = await connection.execute(
                "DELETE FROM b40.task WHERE id = $1 AND leased_by = $2 AND attempts = $3",
                claimed.id, self._slot, claimed.attempts,
            )  # fmt: skip
            if held != "DELETE 1":
                return
            if claimed.kind.finish is not None:
                await claimed.kind.finish(done, self._frame.work(connection, claimed.now, written))
            await write(self._frame, connection, written)
        ring(self._frame, written)

    async def _postpone(self, claimed: Claimed, error: Exception) -> None:
        shortest, longest = RETRY_SECONDS
        pause = min(longest, shortest * 2 ** min(claimed.attempts - 1, 10))
        await self._frame.pool.execute(
            """UPDATE b40.task SET leased_by = NULL, leased_until = NULL, last_error = $3,
                 next_try = now() + make_interval(secs => $2) WHERE id = $1 AND leased_by = $4""",
            claimed.id,
            pause * random.uniform(0.5, 1.0),  # noqa: S311  (jitter)
            describe(error),
            self._slot,
        )
