"""A child process that is kept alive: started again when it dies, unless it is held down."""

import asyncio
from types import TracebackType
from typing import Self

from b40_infra.local.process import Child

LOOK_SECONDS = 0.05
PAUSE_SECONDS = 0.2
"""The same after each death: a supervisor that hesitates longer and longer would be measured instead of the service."""


class Kept:
    """Keeps one child. Start it from the event loop's own thread, with which it would die."""

    def __init__(self, child: Child) -> None:
        self.child = child
        self.deaths = 0
        self._may_run = asyncio.Event()
        self._may_run.set()
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self.child.start()
        self._keeping = asyncio.create_task(self._keep(), name=f"keep {self.child.name}")
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
        await asyncio.to_thread(self.child.stop)

    def kill(self, *, hold_down: bool = False) -> None:
        """SIGKILL; with ``hold_down`` it stays dead until it is let up."""
        if hold_down:
            self._may_run.clear()
        self.child.kill()

    def let_up(self) -> None:
        """Have it started again."""
        self._may_run.set()

    async def _keep(self) -> None:
        while True:
            while self.child.alive:  # noqa: ASYNC110  (processes set no event)
                await asyncio.sleep(LOOK_SECONDS)
            self.deaths += 1
            await self._may_run.wait()
            await asyncio.sleep(PAUSE_SECONDS)
            self.child.start()
