"""How far this process has seen its database come: one that stands before that was restored, and the process ends.

A restore ends every session, so what runs after it runs on a connection made since. Each new connection is therefore
asked first: else a copy whose own partitions did not move since the backup would go on, perform tasks and hear what
comes before it has heard again what it had decided and done (design 5.2, 5.3).
"""

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import structlog

from b40_chassis.errors import Restored, describe

log = structlog.get_logger()

LOOK_SECONDS = 0.5
PLACES = "SELECT hearing, topic, partition, era, next_offset FROM b40.position"

Place = tuple[str, str, int]
Progress = tuple[int, int]
"""Era and next offset: a person who has a stopped partition go on elsewhere begins a new era of it."""


class Seen:
    """The furthest that was seen of each position, of all copies."""

    def __init__(self, die: Callable[[str], None]) -> None:
        self._die = die
        self._furthest: dict[Place, Progress] = {}

    async def look(self, connection: Any) -> None:
        """Compare what is stored with what was seen before. Raises Restored, and the process ends."""
        before = dict(self._furthest)  # what other looks add meanwhile may be newer than what this one will read
        try:
            rows = await connection.fetch(PLACES)
        except asyncpg.UndefinedTableError:
            rows = []  # made anew, and empty
        stored = {(row["hearing"], row["topic"], row["partition"]): (row["era"], row["next_offset"]) for row in rows}
        for each, furthest in before.items():
            if stored.get(each, (0, 0)) < furthest:
                restored = Restored(each[0])
                self._die(str(restored))
                raise restored
        for each, progress in stored.items():
            self._furthest[each] = max(progress, self._furthest.get(each, progress))

    async def meet(self, connection: Any) -> None:
        """Look, on a connection that is new; at the first ones of a process there is nothing to compare."""
        if self._furthest:
            await self.look(connection)

    async def run(self, pool: Any) -> None:
        """Look again and again, until cancelled: a database may go back although nothing comes."""
        while True:
            try:
                await self.look(pool)
            except Exception as error:
                log.warning("the positions could not be looked at", error=describe(error))
            await asyncio.sleep(LOOK_SECONDS)
