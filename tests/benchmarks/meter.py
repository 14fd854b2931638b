"""What processes cost: CPU seconds, with those of their children, and the most memory that they had."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

import psutil

LOOK_SECONDS = 0.1


class Meter:
    """Meters processes by name (a PostgreSQL is its whole tree of processes)."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        self.megabytes_max: dict[str, float] = {}

    def seconds(self) -> dict[str, float]:
        """CPU seconds spent so far."""
        return {name: _tree_seconds(process) for name, process in self._processes.items()}

    def look(self) -> None:
        """Note the memory that each process has now (its own, without children)."""
        for name, process in self._processes.items():
            with contextlib.suppress(psutil.NoSuchProcess):
                now = process.memory_info().rss / 2**20
                self.megabytes_max[name] = max(now, self.megabytes_max.get(name, 0.0))

    @contextlib.asynccontextmanager
    async def looking(self) -> AsyncIterator[None]:
        """Look again and again meanwhile."""

        async def look_again() -> None:
            while True:
                self.look()
                await asyncio.sleep(LOOK_SECONDS)

        task = asyncio.create_task(look_again())
        try:
            yield
        finally:
            task.cancel()


def _tree_seconds(process: psutil.Process) -> float:
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(each.cpu_times()[:4])  # own user and system, and those of children that have ended
    return total
