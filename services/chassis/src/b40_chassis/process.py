"""An app as a process: its two ports, its signals, its exit code."""

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, TypeVar

import structlog
import uvloop
from pydantic import ValidationError

from b40_chassis import lost_connection, telemetry
from b40_chassis.application import Application
from b40_chassis.database import migrate, open_pool
from b40_chassis.errors import patiently
from b40_chassis.port import opened
from b40_chassis.service import Service
from b40_chassis.settings import DatabaseSettings, Role, Settings

log = structlog.get_logger()

Read = TypeVar("Read")

END_SECONDS_MAX = 32
"""After so long a process that was asked to end is cut off; in order it takes 30 s at most."""

YOUNG_OBJECTS_MAX = 50_000
"""A batch makes about so many objects, and frees all by itself: looking for cycles more often finds nothing."""

AS_ASKED, STARTS_ANEW, WRONGLY_SET, CUT_OFF = 0, 1, 2, 3
"""Exit codes."""


async def serve(application: Application, settings: Settings) -> int:
    """Run an app with its two ports until a signal or until it must start anew. Returns the exit code.

    The operations port answers from the first moment on, also while the app waits for what it needs, to the last.
    """
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    service = Service(application, settings)
    async with opened(service.operations_api(), settings, settings.operations_port):
        running = asyncio.create_task(_run(service, settings))
        waiting = asyncio.create_task(asked.wait())
        endings: list[asyncio.Future[Any]] = [running, waiting, service.died]
        await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
        _cut_off_later()
        running.cancel()
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    return STARTS_ANEW if service.died.done() else AS_ASKED


async def _run(service: Service, settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(service)
        if Role.API in settings.run:
            await stack.enter_async_context(opened(service.public_api(), settings, settings.public_port))
        await asyncio.shield(service.died)  # cancelled, it would look as if there were a reason


def _read(settings: Callable[[], Read]) -> Read:
    """Settings. Ends the process, with a line for each that is missing or wrong, and never with what it is."""
    try:
        return settings()
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            name = f"B40_{str(each['loc'][0]).upper()}" if each["loc"] else "settings"
            print(f"{name}: {each['msg']}", file=sys.stderr)  # noqa: T201 (for who starts it)
        raise SystemExit(WRONGLY_SET) from None


async def _migrate(application: Application, address: str) -> int:
    telemetry.set_up(application.name, "INFO", None)
    async with await patiently(lambda: open_pool(address, 2)) as pool:
        await migrate(pool, application.migrations)
    log.info("the database is as this version needs it")
    return AS_ASKED


def _cut_off_later() -> None:
    """In a thread of its own: whatever keeps the loop, the process ends."""
    timer = threading.Timer(END_SECONDS_MAX, _cut_off)
    timer.daemon = True
    timer.start()


def _cut_off() -> None:
    log.critical("the process is cut off: it did not end in time", seconds=END_SECONDS_MAX)
    os._exit(CUT_OFF)


def _collect_rarely() -> None:
    """Have Python look for cycles of garbage once a batch, and never again in what was imported."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX, 20, 20)


def main(
    application: Application, arguments: Sequence[str] | None = None, *, own: Callable[[], object] | None = None
) -> None:
    """Run an app as this process, with settings from the environment; ``--run`` names the roles of this copy.

    ``own`` reads the app's own settings: what is wrong with them is told at the start, as of the chassis'.
    """
    parser = argparse.ArgumentParser(
        description=f"Runs {application.name}, with settings from the environment (B40_*)."
    )
    parser.add_argument(
        "--run", metavar="ROLES", help="what this copy does, by default all: api,consumer,relay,workers"
    )
    parser.add_argument("--migrate", action="store_true", help="migrate the database, as its owner, and end")
    given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
    if given.pop("migrate"):
        address = _read(DatabaseSettings).database.get_secret_value()
        raise SystemExit(uvloop.run(_migrate(application, address)))
    settings = _read(lambda: Settings(**given))
    if own is not None:
        _read(own)
    _collect_rarely()
    lost_connection.tell()
    try:
        code = uvloop.run(serve(application, settings))
    except Exception:
        log.critical("the process ends", exc_info=True)
        code = STARTS_ANEW
    raise SystemExit(code)
