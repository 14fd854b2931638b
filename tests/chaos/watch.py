"""Watches how the copies get on: the longest time without any progress while there was something to do."""

import asyncio
import time

import asyncpg

from tests.chaos.sender import Sender
from tests.support.ground import Ground
from tests.support.ledger.facts import INTAKE

LOOK_SECONDS = 0.25
LOOK_SECONDS_MAX = 2.0
TAKEN = "SELECT coalesce(sum(next_offset), 0)::bigint AS n FROM b40.position WHERE topic = $1"


class Watch:
    """Looks into the database again and again, until cancelled; one that does not answer shows no progress."""

    def __init__(self, ground: Ground, sender: Sender) -> None:
        self._ground = ground
        self._sender = sender
        self.stalled_longest = 0.0
        self.stalled_at = 0.0
        """When the longest stall began, in seconds after the watch did."""

    async def run(self) -> None:
        """Watch until cancelled."""
        begun = last = time.monotonic()
        before = -1
        while True:
            taken = await self._taken()
            moved = taken is not None and (taken > before or taken >= len(self._sender.acknowledged))
            now = time.monotonic()
            if now - last > self.stalled_longest:
                self.stalled_longest, self.stalled_at = now - last, last - begun
            if moved and taken is not None:
                before, last = taken, now
            await asyncio.sleep(LOOK_SECONDS)

    async def _taken(self) -> int | None:
        try:
            async with asyncio.timeout(LOOK_SECONDS_MAX):
                rows = await self._ground.query(TAKEN, INTAKE.name)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None
        taken: int = rows[0]["n"]
        return taken
