"""One running app: everything put together, started in order, stopped in order. ``main`` is what ``__main__`` calls."""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

import asyncpg
import structlog
import uvicorn
import uvloop
from fastapi import FastAPI, Request

from b40_chassis import intake, operations, problems, status, telemetry
from b40_chassis.api import Requested, Writing
from b40_chassis.application import Application
from b40_chassis.cursor import Offsets
from b40_chassis.database import migrate, open_pool
from b40_chassis.errors import of_infrastructure
from b40_chassis.frame import Frame, build
from b40_chassis.hears import Connection
from b40_chassis.relay import Relay
from b40_chassis.releasing import Releaser
from b40_chassis.settings import Role, Settings
from b40_chassis.slots import Slot, take_slot
from b40_chassis.subscribers import Subscribers
from b40_chassis.work import Written
from b40_chassis.worker import Workers
from b40_chassis.writing import ring, write

log = structlog.get_logger()

CONNECT_SECONDS_MAX = 60
CONNECT_PAUSE_SECONDS = 0.25


class Service:
    """An app as an asynchronous context: entered when its subscribers have their partitions."""

    def __init__(self, application: Application, settings: Settings) -> None:
        self.application = application
        self.settings = settings
        self.ready = False
        self.died: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.frame: Frame
        self.releaser: Releaser
        self.offsets: Offsets
        self._stack = AsyncExitStack()
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
        pool = await _patiently(lambda: open_pool(address, self.settings.pool_size))
        self._stack.push_async_callback(_close, pool)
        await migrate(pool, self.application.migrations)
        self.frame = build(self.application, self.settings, pool)
        self.releaser = Releaser(self.frame)
        slot = await take_slot(address)
        self._stack.push_async_callback(slot.give_back)
        self.offsets = Offsets(self.settings.kafka, self.settings.topic_prefix, self.frame.partitions)
        self._stack.push_async_callback(self.offsets.stop)
        await _patiently(self.offsets.start)
        self._start_tasks(slot)
        if Role.CONSUMER in self.settings.run:
            subscribers = Subscribers(self.frame, self.offsets, slot.number, self.die)
            self._stack.push_async_callback(subscribers.stop)
            await subscribers.start()
        self.ready = True
        log.info("ready", slot=slot.number, run=sorted(self.settings.run))

    def _start_tasks(self, slot: Slot) -> None:
        runs = {
            Role.RELAY: Relay(self.frame).run,
            Role.WORKERS: Workers(self.frame, f"{self.application.name}-{slot.number}").run,
            Role.CONSUMER: self.releaser.run,
        }
        for role, run in runs.items():
            if role in self.settings.run:
                task = asyncio.create_task(run())
                task.add_done_callback(self._noticed)
                self._stack.push_async_callback(_cancel, task)

    def _noticed(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            self.die(f"a task ended: {task.exception()!r}")

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
        async with self._frame_when_ready().pool.acquire() as connection, connection.transaction(readonly=True):
            yield connection

    @asynccontextmanager
    async def writing(self, request: Request) -> AsyncIterator[Writing]:
        """A transaction for a request; what it announces is written at its end."""
        frame = self._frame_when_ready()
        written = Written()
        async with frame.pool.acquire() as connection, connection.transaction():
            now = await connection.fetchval("SELECT max(now) FROM b40.tick") or datetime.now(UTC)
            id_ = request.headers.get("idempotency-key") or str(uuid4())
            yield Writing(frame.work(connection, now, written), Requested(f"{frame.source}/requests", id_, now))
            await write(frame, connection, written)
        ring(frame, written)

    def _frame_when_ready(self) -> Frame:
        if not self.ready:
            raise problems.Problem(503, "Not ready", "the app is still starting")
        return self.frame

    def public_api(self) -> FastAPI:
        """The read API and the intake; call it when the service has been entered."""
        api = FastAPI(title=f"B40 {self.application.name}")
        api.state.service = self
        problems.install(api)
        api.include_router(self.application.api)
        if self.frame.intakes:
            api.include_router(intake.router(self.frame))
        return api

    def operations_api(self) -> FastAPI:
        """The operations API."""
        return operations.api(self)


async def _patiently(connect: Any) -> Any:
    """Connect to what may still be starting, for at most a minute."""
    async with asyncio.timeout(CONNECT_SECONDS_MAX):
        while True:
            try:
                return await connect()
            except Exception as error:
                if not of_infrastructure(error):
                    raise
                await asyncio.sleep(CONNECT_PAUSE_SECONDS)


async def _close(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    try:
        await asyncio.wait_for(pool.close(), 10)
    except TimeoutError:
        pool.terminate()


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """The process handles its signals itself: two servers share it."""
        yield


async def serve(application: Application, settings: Settings) -> int:
    """Run an app with its two ports until a signal or until it must start anew. Returns the exit code."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Service(application, settings) as service:
        ports = {settings.operations_port: service.operations_api()}
        if Role.API in settings.run:
            ports[settings.public_port] = service.public_api()
        servers = [
            _Server(uvicorn.Config(api, host=settings.host, port=port, log_level="warning", lifespan="off"))
            for port, api in ports.items()
        ]
        serving = [asyncio.create_task(server.serve()) for server in servers]
        stopping = asyncio.create_task(stop.wait())
        endings: list[asyncio.Future[Any]] = [service.died, stopping, *serving]
        await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*serving, return_exceptions=True)
        return 1 if service.died.done() else 0


def main(application: Application, arguments: Sequence[str] | None = None) -> None:
    """Run an app as this process, with settings from the environment; ``--run`` names the roles of this copy."""
    parser = argparse.ArgumentParser(
        description=f"Runs {application.name}, with settings from the environment (B40_*)."
    )
    parser.add_argument(
        "--run", metavar="ROLES", help="what this copy does, by default all: api,consumer,relay,workers"
    )
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    raise SystemExit(uvloop.run(serve(application, Settings(**given))))
