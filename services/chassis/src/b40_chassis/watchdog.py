"""The watchdog ends a process that makes no progress although there is something to do, with a reason (design 5.6).

It looks every few seconds and counts looks, not time: a process that was frozen is not ended for what it could not do.
What a restart does not cure is not its matter: while PostgreSQL or Kafka do not answer it judges nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from b40_chassis import metrics, positions
from b40_chassis.cursor import Cursor, Offsets
from b40_chassis.errors import describe
from b40_chassis.frame import Frame
from b40_chassis.lag import Lag
from b40_chassis.membership import ended
from b40_chassis.positions import Partition, Standing
from b40_chassis.relay import LEADER_LOCK
from b40_chassis.settings import Role

log = structlog.get_logger()

LOOK_SECONDS = 5.0
MUCH = 10
"""How many times longer is waited where a restart is unlikely to help: PostgreSQL fails what it is asked, nothing can
be looked at, one partition stands while others move."""
CLOCK_SECONDS_MAX = 300.0

OUTBOX = f"""SELECT (SELECT min(id) FROM b40.outbox WHERE sent IS NULL) AS oldest,
  EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
    AND (classid::bigint << 32) | objid::bigint = {LEADER_LOCK}
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS led"""  # noqa: S608 (constant)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that should be over soon: as long as ``mark`` stays the same, it is not. ``times`` is the patience."""

    what: str
    mark: object = None
    times: int = 1


class Watchdog:
    """Watches the hearings, the relay and the clock of one process."""

    def __init__(
        self,
        frame: Frame,
        cursors: Sequence[Cursor],
        clock: Cursor | None,
        offsets: Offsets,
        die: Callable[[str], None],
    ) -> None:
        self._frame = frame
        self._cursors = cursors
        self._clock = clock
        self._offsets = offsets
        self._die = die
        self._looks_max = frame.settings.watchdog_seconds / LOOK_SECONDS
        self._seen: dict[str, tuple[object, int]] = {}
        self._lags: dict[str, Lag] = {}
        self.saw_at = asyncio.get_running_loop().time()
        self._clock_at: tuple[int | None, int] = (None, 0)

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Look once; end the process if something has been as it is for too long."""
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                troubles = await self._troubles()
            self.saw_at = asyncio.get_running_loop().time()
        except Exception as error:
            log.warning("the watchdog sees nothing", error=describe(error))
            troubles = [Trouble("PostgreSQL or Kafka could not be looked at", times=MUCH)]
        troubles += self._ended()
        before, self._seen = self._seen, {}
        for each in troubles:
            mark, looks = before.get(each.what, (each.mark, 0))
            looks = looks + 1 if mark == each.mark else 1
            self._seen[each.what] = (each.mark, looks)
            if looks > self._looks_max * each.times:
                self._die(f"watchdog: {each.what} for {looks * LOOK_SECONDS:.0f} s")

    def _ended(self) -> list[Trouble]:
        dead = [each.hearing for each in self._all() if each.consumer and ended(each.consumer)]
        troubles = [Trouble(f"the membership of {hearing} has ended", times=0) for hearing in dead]
        return [*troubles, Trouble("looking up offsets has ended", times=0)] if self._offsets.ended else troubles

    def _all(self) -> list[Cursor]:
        return [*self._cursors, *([self._clock] if self._clock else [])]

    async def _troubles(self) -> list[Trouble]:
        troubles = await self._outbox()
        for cursor in self._all():
            if cursor.subscribed and not cursor.prepared:
                troubles.append(Trouble(f"{cursor.hearing} has no assignment"))
        for cursor in self._cursors:
            standings, ends = await self._standings(cursor)
            behind = {each: found.next_offset for each, found in standings.items() if _behind(found, ends[each])}
            mine = {each: offset for each, offset in behind.items() if each in cursor.assigned}
            if mine:
                times = MUCH if cursor.failures else 1
                troubles.append(Trouble(f"{cursor.hearing} has lag and made no progress", sorted(mine.items()), times))
            for (topic, number), offset in mine.items():
                troubles.append(Trouble(f"{cursor.hearing}: {topic}/{number} has lag and stood still", offset, MUCH))
        return troubles + await self._look_at_clock()

    async def _outbox(self) -> list[Trouble]:
        row = await self._frame.pool.fetchrow(OUTBOX)
        assert row is not None, "a SELECT of expressions has one row"
        mine = self._frame.bells.leading or (Role.RELAY in self._frame.settings.run and not row["led"])
        if row["oldest"] is None or not mine:
            return []
        await self._offsets.ends(self._frame.partitions)  # raises while Kafka is away: that is no fault of the relay's
        return [Trouble("the outbox is not empty and the relay made no progress", row["oldest"])]

    async def _look_at_clock(self) -> list[Trouble]:
        """A tick that waits for its turn is no reason to end, for long an alarm: what it waits for is watched over.

        One that was not handed out is a reason: a consumer that is well does so at once.
        """
        if self._clock is None:
            return []
        standings, ends = await self._standings(self._clock)
        mine = [
            found for each, found in standings.items() if each in self._clock.assigned and _behind(found, ends[each])
        ]
        at, looks = self._clock_at
        self._clock_at = (mine[0].next_offset, looks + 1 if at == mine[0].next_offset else 1) if mine else (-1, 0)
        waited = self._clock_at[1] * LOOK_SECONDS
        metrics.tick_waits.set(waited)
        if waited > CLOCK_SECONDS_MAX:
            log.critical("a tick waits", seconds=waited)
        if not mine or self._clock.in_flight.locked():
            return []
        return [Trouble("a tick waits that the clock's consumer does not hand out", mine[0].next_offset)]

    async def _standings(self, cursor: Cursor) -> tuple[dict[Partition, Standing], dict[Partition, int]]:
        async with self._frame.pool.acquire() as connection:
            found = await positions.standings(connection, cursor.hearing)
        ends = await self._offsets.ends(list(found)) if found else {}
        self._measure(cursor.hearing, found, ends)
        return found, ends

    def _measure(self, hearing: str, found: Mapping[Partition, Standing], ends: Mapping[Partition, int]) -> None:
        lag = self._lags.setdefault(hearing, Lag())
        for topic, behind in lag.note(found, ends, asyncio.get_running_loop().time()).items():
            metrics.lag.set(behind.records, hearing=hearing, topic=topic)
            metrics.behind.set(behind.seconds, hearing=hearing, topic=topic)


def _behind(found: Standing, end: int) -> bool:
    return found.stopped is None and found.next_offset < end
