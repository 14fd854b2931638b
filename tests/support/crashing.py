"""An app as a process that kills itself at a named point between two side effects.

Of ``python -m tests.support.crashing`` the environment says what to do: ``CRASH_APP`` is the app (ledger or library),
``CRASH_AT`` names the point, ``CRASH_TIME`` says which passing of it is the last (default: the first).
"""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from asyncpg.transaction import Transaction
from b40_chassis import due, inbox, intake, positions
from b40_chassis.application import Application
from b40_chassis.clock import ClockHearing
from b40_chassis.process import main
from b40_chassis.relay import Relay
from b40_chassis.releasing import Releaser
from b40_chassis.worker import Workers

from tests.chassis.library import Switches, library
from tests.support.ledger.app import ledger

Patched = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Point:
    """A moment at a call of ``owner.name``: ``before`` it, ``after`` it, or when its transaction is ``committed``."""

    owner: Any
    name: str
    when: str


CONSUMER = {
    "before the inbox": Point(inbox, "insert", "before"),
    "after the inbox": Point(inbox, "insert", "after"),
    "after the handlers, before the position moves": Point(positions, "advance", "before"),
    "after the position moved, before the commit": Point(positions, "advance", "after"),
    "after the commit, before it is remembered": Point(positions, "advance", "committed"),
}
RELAY = {
    "before sending": Point(Relay, "_send", "before"),
    "after sending, before archiving": Point(Relay, "_archive", "before"),
    "after archiving": Point(Relay, "_archive", "after"),
}
INTAKE = {
    "before the report is durable": Point(intake, "_enter", "after"),
    "after the report is durable, before the answer": Point(intake, "_enter", "committed"),
}
WORKER = {
    "after claiming a task": Point(Workers, "_do", "before"),
    "after performing it, before finishing": Point(Workers, "_finish", "before"),
    "after finishing it": Point(Workers, "_finish", "after"),
}
RELEASER = {
    "before a key is released": Point(Releaser, "_release_key", "before"),
    "after it was applied, before the commit": Point(Releaser, "_apply", "after"),
    "after it was released": Point(Releaser, "_release_key", "after"),
}
CLOCK = {
    "before what is due is handled": Point(due, "handle", "before"),
    "after it was handled, before the commit": Point(due, "handle", "after"),
    "after the commit of what was due, before the tick's": Point(due, "handle", "committed"),
    "after the tick's commit": Point(ClockHearing, "_pass_time", "after"),
}
POINTS = {**CONSUMER, **RELAY, **INTAKE, **WORKER, **RELEASER, **CLOCK}
APPLICATIONS: dict[str, Callable[[], Application]] = {"ledger": ledger, "library": lambda: library(Switches())}


def crash_at(point: Point, time: int) -> None:
    """Have this process kill itself when it passes a point for the ``time``-th time."""
    passed = iter(range(1, time + 1))

    def die() -> None:
        if next(passed, time) == time:
            os.kill(os.getpid(), signal.SIGKILL)

    if point.when == "committed":
        _die_after_commit(point, die)
        return
    original: Patched = getattr(point.owner, point.name)

    @wraps(original)
    async def crashing(*arguments: Any, **named: Any) -> Any:
        if point.when == "before":
            die()
        result = await original(*arguments, **named)
        if point.when == "after":
            die()
        return result

    setattr(point.owner, point.name, crashing)


def _die_after_commit(point: Point, die: Callable[[], None]) -> None:
    original: Patched = getattr(point.owner, point.name)
    leave: Patched = Transaction.__aexit__
    armed: set[asyncio.Task[Any] | None] = set()

    @wraps(original)
    async def arming(*arguments: Any, **named: Any) -> Any:
        result = await original(*arguments, **named)
        armed.add(asyncio.current_task())
        return result

    async def leaving(transaction: Transaction, *error: Any) -> Any:
        result = await leave(transaction, *error)
        if asyncio.current_task() in armed:
            die()
        armed.discard(asyncio.current_task())
        return result

    setattr(point.owner, point.name, arming)
    setattr(Transaction, "__aexit__", leaving)  # noqa: B010  (mypy takes no assignment)


if __name__ == "__main__":
    crash_at(POINTS[os.environ["CRASH_AT"]], int(os.environ.get("CRASH_TIME", "1")))
    main(APPLICATIONS[os.environ["CRASH_APP"]]())
