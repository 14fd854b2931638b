"""One running app: everything put together, started in order, stopped in order, each part within its time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import asyncpg
import structlog
from fastapi import FastAPI, Request

from b40_chassis import bounds, fates, intake, metrics, operations, problems, status, telemetry, ticks, tracing
from b40_chassis.api import Requested, Writing
from b40_chassis.application import Application
from b40_chassis.cursor import Offsets
from b40_chassis.database import migrate, migrated, open_pool
from b40_chassis.door import Door
from b40_chassis.errors import describe, patiently
from b40_chassis.forgetting import Forgetting
from b40_chassis.frame import Frame, build
from b40_chassis.hears import Connection
from b40_chassis.relay import Relay
from b40_chassis.releasing import Releaser
from b40_chassis.seen import Seen
from b40_chassis.settings import Role, Settings
from b40_chassis.slots import Slot, take_slot
from b40_chassis.subscribers import STOP_SECONDS_MAX, Subscribers
from b40_chassis.watchdog import Watchdog
from b40_chassis.work import Written
from b40_chassis.worker import Workers
from b40_chassis.writing import ring, write

log = structlog.get_logger()

CANCEL_AGAIN_SECONDS = 0.3


class Service:
    """An app as an asynchronous context: entered when its subscribers have their partitions."""

    def __init__(self, application: Application, settings: Settings) -> None:
        self.application = application
        self.settings = settings
        self.ready = False
        self.began = asyncio.get_running_loop().time()
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.frame: Frame
        self.releaser: Releaser
        self.offsets: Offsets
        self.watchdog: Watchdog
        self._stack = AsyncExitStack()
        self._seen = Seen(self.die)
        telemetry.set_up(application.name, settings.log_level, settings.otlp_endpoint)

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.ready = False
        await self._stack.aclose()

    async def _start(self) -> None:
        address = self.settings.database.get_secret_value()
        pool = await patiently(lambda: open_pool(address, self.settings.pool_size, self._seen.meet))
        self._at_stop("the pool", 2, lambda: _close(pool))
        bring = migrate if self.settings.migrates else migrated
        await patiently(lambda: bring(pool, self.application.migrations))
        self.frame = build(self.application, self.settings, pool)
        status.begin(self.frame)
        await patiently(lambda: self.frame.integrators.look(pool))
        self.releaser = Releaser(self.frame)
        slot = await patiently(lambda: take_slot(address))
        self._at_stop("the slot", 1, slot.give_back)
        self.offsets = Offsets(self.settings.reach(), self.settings.topic_prefix, self.frame.partitions)
        self._at_stop("the offsets", 1, self.offsets.stop)
        await patiently(self.offsets.start)
        subscribers = Subscribers(self.frame, self.offsets, slot.number, self.die)
        self._start_tasks(slot, subscribers)
        await self._start_hearing(subscribers)
        self.ready = True
        metrics.settle_time.record(asyncio.get_running_loop().time() - self.began, after=metrics.START)
        log.info("ready", slot=slot.number, run=sorted(self.settings.run))

    def _start_tasks(self, slot: Slot, subscribers: Subscribers) -> None:
        workers = Workers(self.frame, f"{self.application.name}-{slot.number}")

        async def when_caught_up(run: Callable[[], Awaitable[None]]) -> None:
            """What this app had done and decided before its database was restored is known again."""
            await subscribers.caught_up()
            await run()

        for run in (
            lambda: slot.keep(self.die),
            lambda: self._seen.run(self.frame.pool),
            lambda: self.frame.integrators.run(self.frame.pool),
            Forgetting(self.frame).run,
        ):
            self._start_task(run)
        if Role.RELAY in self.settings.run:
            self._start_task(Relay(self.frame).run)
        if Role.WORKERS in self.settings.run and self.application.tasks.kinds:
            self._start_task(lambda: when_caught_up(workers.run))
        if Role.CONSUMER in self.settings.run:
            self._start_task(lambda: when_caught_up(self.releaser.run))

    async def _start_hearing(self, subscribers: Subscribers) -> None:
        if Role.CONSUMER not in self.settings.run:
            self._watch(Watchdog(self.frame, (), None, self.offsets, self.die))
            return
        cursors = (subscribers.first, subscribers.main)
        self._watch(Watchdog(self.frame, cursors, subscribers.clock, self.offsets, self.die))
        self._at_stop("the subscribers", STOP_SECONDS_MAX, subscribers.stop)
        await subscribers.start()

    def _watch(self, watchdog: Watchdog) -> None:
        self.watchdog = watchdog
        self._start_task(watchdog.run)

    def _start_task(self, run: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.create_task(run())
        task.add_done_callback(self._noticed)
        self._at_stop("a task", 2, lambda: _cancel(task))

    def _at_stop(self, what: str, seconds_max: float, close: Callable[[], Awaitable[None]]) -> None:
        self._stack.push_async_callback(_within, what, seconds_max, close)

    def _noticed(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled():
            error = task.exception()
            self.die(f"a task ended: {describe(error) if error else task.get_coro()!r}")

    def die(self, reason: str) -> None:
        """End the process, so that it starts anew: what it remembers cannot be trusted."""
        log.critical("the process ends", reason=reason)
        if not self.died.done():
            self.died.set_result(reason)

    async def status(self) -> dict[str, Any]:
        """What ``GET /status`` answers."""
        return await status.look(self.frame)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Connection]:
        """A connection in a read-only transaction."""
        async with self._frame_when_ready().for_request() as connection, connection.transaction(readonly=True):
            yield connection

    @asynccontextmanager
    async def writing(self, request: Request) -> AsyncIterator[Writing]:
        """A transaction for a request; what it announces is written at its end."""
        frame = self._frame_when_ready()
        written = Written()
        span = tracing.transaction("take a request", [request.headers.get("traceparent", "")])
        async with frame.for_request() as connection, connection.transaction():
            now = await ticks.last(connection) or datetime.now(UTC)
            id_ = request.headers.get("idempotency-key") or str(uuid4())
            with span:
                yield Writing(frame.work(connection, now, written), Requested(f"{frame.source}/requests", id_, now))
                await write(frame, connection, written)
        ring(frame, written)

    def _frame_when_ready(self) -> Frame:
        if not self.ready:
            raise problems.Problem(503, "Not ready", "the app is still starting")
        return self.frame

    def public_api(self) -> FastAPI:
        """The read API and the intake; call it when the service has been entered."""
        api = bounds.api(f"B40 {self.application.name}")
        api.state.service = self
        api.include_router(self.application.api)
        api.state.door = Door(self.frame)
        if self.frame.intakes:
            api.include_router(intake.router(self.frame, api.state.door))
            api.include_router(fates.router(self.frame, api.state.door))
        return api

    def operations_api(self) -> FastAPI:
        """The operations API."""
        return operations.api(self)


async def _within(what: str, seconds_max: float, close: Callable[[], Awaitable[None]]) -> None:
    """Close something, whether it goes well or not: what is stopped after it is stopped as well."""
    try:
        async with asyncio.timeout(seconds_max):
            await close()
    except Exception as error:
        log.warning("not stopped in order", what=what, error=describe(error))


async def _close(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    try:
        await pool.close()
    except asyncio.CancelledError:
        pool.terminate()
        raise


async def _cancel(task: "asyncio.Task[None]") -> None:
    """End a task. One cancellation may be lost (an error that comes while a task group ends takes its place): again."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=CANCEL_AGAIN_SECONDS)
