"""How fast the apps read their intakes: looked at again and again, and counted only while more waits there."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import asyncpg
from b40_contracts.solidarity import GIFTS_INTAKE, NEEDS_INTAKE

from tests.benchmarks.solidarity.site import GIFTS, NEEDS, Site

LOOK_SECONDS = 0.05
INTAKES = {NEEDS: NEEDS_INTAKE.name, GIFTS: GIFTS_INTAKE.name}
READ = "SELECT coalesce(sum(next_offset), 0) FROM b40.position WHERE topic = $1"


@dataclass(slots=True)
class Reading:
    """Facts read from intakes, and for how many seconds some waited there, on any of them or on one."""

    facts: int = 0
    seconds: float = 0.0
    seconds_of: dict[str, float] = field(default_factory=lambda: dict.fromkeys(INTAKES, 0.0))
    facts_of: dict[str, int] = field(default_factory=lambda: dict.fromkeys(INTAKES, 0))

    @property
    def per_second(self) -> float:
        """Facts a second while any intake waited."""
        return self.facts / self.seconds if self.seconds else 0.0

    def per_second_of(self, app: str) -> float:
        """Facts a second of one app while its own intake waited."""
        return self.facts_of[app] / self.seconds_of[app] if self.seconds_of[app] else 0.0


class Watcher:
    """Watches both intakes of a site. ``now`` is what is counted at present; put another in its place to begin anew."""

    def __init__(self, site: Site) -> None:
        self.now = Reading()
        self._site = site
        self._databases: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
        self._read: dict[str, int]
        self._looked: float
        self._waits = dict.fromkeys(INTAKES, False)

    @contextlib.asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Look meanwhile, and once more at the end."""
        async with contextlib.AsyncExitStack() as stack:
            for app in INTAKES:
                self._databases[app] = await asyncpg.connect(self._site.address(app))
                stack.push_async_callback(self._databases[app].close)
            self._read, self._looked = await self._look(), time.monotonic()
            ended = asyncio.Event()
            looking = asyncio.create_task(self._look_until(ended))
            try:
                yield
            finally:
                ended.set()
                await looking

    async def _look_until(self, ended: asyncio.Event) -> None:
        is_last = False
        while not is_last:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), LOOK_SECONDS)
            is_last = ended.is_set()
            read, now = await self._look(), time.monotonic()
            self._count(read, now - self._looked)
            self._looked = now

    async def _look(self) -> dict[str, int]:
        return {app: int(await self._databases[app].fetchval(READ, INTAKES[app])) for app in INTAKES}

    def _count(self, read: dict[str, int], seconds: float) -> None:
        """What was read since the last look; the time counts in which something waited at its beginning."""
        new = {app: read[app] - self._read[app] for app in INTAKES}
        at_work = [app for app in INTAKES if self._waits[app] or new[app]]
        for app in at_work:
            self.now.seconds_of[app] += seconds
            self.now.facts_of[app] += new[app]
        if at_work:
            self.now.seconds += seconds
            self.now.facts += sum(new.values())
        self._read = read
        self._waits = {app: read[app] < self._site.published[INTAKES[app]] for app in INTAKES}
