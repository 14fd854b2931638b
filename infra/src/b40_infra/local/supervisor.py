"""Keeps child processes alive: one that dies is started again, after a pause that grows while it keeps dying."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from b40_infra.errors import Trouble
from b40_infra.local.process import Child

LOOK_SECONDS = 0.03
READY_LOOK_SECONDS = 0.1
PAUSE_SECONDS_FIRST, PAUSE_SECONDS_MAX = 0.1, 10.0
STEADY_SECONDS = 20.0
"""A child that lived this long starts anew with the shortest pause."""
READY_SECONDS_MAX = 60.0
DEATHS_MAX_AT_START = 3
STOP_SECONDS_MAX = 15.0

Ready = Callable[[], Awaitable[bool]]


@dataclass(slots=True)
class _Kept:
    child: Child
    ready: Ready
    restarts: int = 0
    task: asyncio.Task[None] | None = field(default=None)


class Supervisor:
    """Children by name. They are started from the event loop's own thread, with which they would die."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the children, in the order in which they were started."""
        return tuple(self._kept)

    def restarts(self, name: str) -> int:
        """How often a child was started again."""
        return self._kept[name].restarts

    async def start(self, child: Child, ready: Ready) -> None:
        """Start a child and keep it alive; returns when it is ready. Raises Trouble if it cannot be."""
        kept = self._kept[child.name] = _Kept(child, ready)
        child.start()
        kept.task = asyncio.create_task(self._keep(kept), name=f"keep {child.name}")
        await self._until_ready(kept)

    async def kill(self, name: str) -> None:
        """SIGKILL a child, as a crash would; returns when it runs again and is ready."""
        kept = self._kept[name]
        before = kept.child.pid
        kept.child.kill()
        async with asyncio.timeout(READY_SECONDS_MAX):
            await _until(lambda: kept.child.pid not in (None, before))
        await self._until_ready(kept)

    async def stop(self, names: Sequence[str]) -> None:
        """Ask these children to end, all at once, and return when they have; a deaf one is killed."""
        stopped = [self._kept.pop(name) for name in names if name in self._kept]
        for kept in stopped:
            if kept.task is not None:
                kept.task.cancel()
            kept.child.ask_to_stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await _until(lambda: not any(kept.child.alive for kept in stopped))
        for kept in stopped:
            kept.child.stop(0)

    async def _keep(self, kept: _Kept) -> None:
        pause = PAUSE_SECONDS_FIRST
        while True:
            started = time.monotonic()
            await _until(lambda: not kept.child.alive)
            pause = PAUSE_SECONDS_FIRST if time.monotonic() - started > STEADY_SECONDS else pause
            await asyncio.sleep(pause)
            pause = min(pause * 2, PAUSE_SECONDS_MAX)
            kept.restarts += 1
            kept.child.start()

    async def _until_ready(self, kept: _Kept) -> None:
        deaths_before = kept.restarts
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not (kept.child.alive and await kept.ready()):
            if kept.restarts - deaths_before >= DEATHS_MAX_AT_START:
                raise Trouble(f"{kept.child.name} keeps ending: {kept.child.last_words()} (log: {kept.child.log})")
            if time.monotonic() > deadline:
                said = kept.child.last_words()
                raise Trouble(
                    f"{kept.child.name} is not ready after {READY_SECONDS_MAX:.0f} s: {said} ({kept.child.log})"
                )
            await asyncio.sleep(READY_LOOK_SECONDS)


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110  (processes set no event)
        await asyncio.sleep(LOOK_SECONDS)
