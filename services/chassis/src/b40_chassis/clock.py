"""Ticks are heard alone, one at a time, when all that stood in the logs before them has been taken."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog
from b40_contracts.cloudevents import CloudEvent, describe
from b40_contracts.platform import Ticked

from b40_chassis import due, errors, metrics, positions, states
from b40_chassis.cursor import Cursor, Offsets
from b40_chassis.errors import Failed, Restored
from b40_chassis.frame import Frame
from b40_chassis.guard import Guard
from b40_chassis.hearing import PAUSE_SECONDS
from b40_chassis.hears import Connection, Due
from b40_chassis.positions import Partition, Verdict
from b40_chassis.reading import Readable
from b40_chassis.record import Record, record_of
from b40_chassis.work import Written
from b40_chassis.writing import ring, write

log = structlog.get_logger()

WAIT_SECONDS_MAX = 20
HELD_UP = """SELECT EXISTS (SELECT FROM b40.set_aside WHERE state = 'released')
  OR EXISTS (SELECT FROM b40.position WHERE stopped IS NOT NULL)"""
ASK_SECONDS = 0.02
TICK_NAMESPACE = uuid.UUID("7d2f6c56-2d4c-5b0e-9d3e-0b40b40b40b4")
CLOCK_SOURCE = "//b40/clock"


def tick(now: datetime) -> CloudEvent:
    """The tick that says that it is ``now``. Its id derives from the time, so that the same tick said twice is one."""
    id_ = uuid.uuid5(TICK_NAMESPACE, now.isoformat())
    return describe(Ticked(now=now), id=str(id_), source=CLOCK_SOURCE, time=now)


class StillBehind(OSError):
    """A tick's turn has not come: not all that stood in the logs before it has been taken yet."""


class ClockHearing:
    """Hears ticks. With no transaction open it waits for *first* and *main*; then it does what is due."""

    def __init__(
        self,
        frame: Frame,
        cursor: Cursor,
        guard: Guard,
        others: Sequence[Cursor],
        offsets: Offsets,
        die: Callable[[str], None],
    ) -> None:
        self.frame = frame
        self.cursor = cursor
        self._guard = guard
        self._others = others
        self._offsets = offsets
        self._die = die
        self._ends: tuple[int, Mapping[tuple[str, Partition], int]] | None = None

    async def hear(self, raw: Sequence[Any]) -> None:
        """Take one tick. Raises when its turn does not come in time: it comes again."""
        async with self.cursor.in_flight:
            record = record_of(raw[0], self.cursor.prefix)
            reading = self.frame.reader.read(record)
            try:
                if not await self._is_next(record):
                    return
                if isinstance(reading, Readable):
                    await self._wait_for_turn(record)
                    await self._pass_time(record, reading.heard.event.now)
                else:
                    await self._advance_alone(record)
            except Exception as error:
                metrics.failures.add(1, hearing=self.cursor.hearing)
                log.warning("a tick comes again", error=errors.describe(error))
                await asyncio.sleep(PAUSE_SECONDS[0])
                raise

    async def _is_next(self, record: Record) -> bool:
        begin = positions.begins([record])
        async with self.frame.pool.acquire() as connection:
            found = await positions.standings(connection, self.cursor.hearing)
        stored = {each: standing.next_offset for each, standing in found.items() if standing.stopped is None}
        verdict = positions.check(begin, self.cursor.remembered, stored, frozenset())
        if verdict is Verdict.RESTORED:
            restored = Restored("clock")
            self._die(str(restored))
            raise restored
        if verdict is Verdict.GAP:
            self.cursor.verified -= begin.keys()
        if verdict is not Verdict.TAKE:
            await self._guard.settle(list(begin), remember=True)
        return verdict is Verdict.TAKE

    async def _wait_for_turn(self, record: Record) -> None:
        if self._ends is None or self._ends[0] != record.offset:
            self._ends = (record.offset, await self._all_ends())
        ends = self._ends[1]
        await self._tell_what_is_stopped()
        async with asyncio.timeout(WAIT_SECONDS_MAX):
            while await self._behind(ends):
                if (record.topic, record.partition) not in self.cursor.assigned:
                    raise StillBehind("the clock was given to another copy")
                await asyncio.sleep(ASK_SECONDS)

    async def _all_ends(self) -> dict[tuple[str, Partition], int]:
        ends: dict[tuple[str, Partition], int] = {}
        for other in self._others:
            found = await self._offsets.ends(other.partitions())
            ends |= {(other.hearing, partition): offset for partition, offset in found.items()}
        return ends

    async def _tell_what_is_stopped(self) -> None:
        rows = await self.frame.pool.fetch(
            "SELECT topic, partition, stopped FROM b40.position WHERE stopped IS NOT NULL"
        )
        for row in rows:
            log.critical("time waits for a stopped partition", **row)

    async def _behind(self, ends: Mapping[tuple[str, Partition], int]) -> bool:
        if await self.frame.pool.fetchval(HELD_UP):
            return True
        rows = await self.frame.pool.fetch("SELECT hearing, topic, partition, next_offset FROM b40.position")
        at = {(row["hearing"], (row["topic"], row["partition"])): row["next_offset"] for row in rows}
        return any(at.get(each, 0) < end for each, end in ends.items() if end > 0)

    async def _pass_time(self, record: Record, now: datetime) -> None:
        failed: list[tuple[Due, Failed]] = []
        while True:
            written = Written()
            try:
                finished = await self._transaction(record, now, written, failed)
            except Failed as failure:
                due_item: Any = failure.record
                failed.append((due_item, failure))
                continue
            failed.clear()
            ring(self.frame, written)
            self.frame.bells.released.set()
            if finished:
                self.cursor.remembered[record.topic, record.partition] = record.offset + 1
                return

    async def _transaction(
        self, record: Record, now: datetime, written: Written, failed: Sequence[tuple[Due, Failed]]
    ) -> bool:
        partition = (record.topic, record.partition)
        async with self.frame.pool.acquire() as connection, connection.transaction():
            locked = await positions.lock(connection, self.cursor.hearing, [partition])
            if partition not in locked or locked[partition].next_offset != record.offset:
                raise StillBehind("another copy took this tick")
            for item, failure in failed:
                await due.put_aside(connection, item, failure)
            more = await self._do_due(connection, now, written)
            await write(self.frame, connection, written)
            if not more:
                moves = positions.moved([record], [], self.frame.secret)
                await positions.advance(connection, self.cursor.hearing, moves)
        return not more

    async def _do_due(self, connection: Connection, now: datetime, written: Written) -> bool:
        if await due.expire_waiting(self.frame, connection, now, written):
            return True
        if await self._say_states_again(connection, now, written):
            return True
        items = await due.next_items(self.frame, connection, now)
        await due.handle(self.frame, connection, items, written)
        return bool(items)

    async def _say_states_again(self, connection: Connection, now: datetime, written: Written) -> bool:
        own = self.frame.own_states
        again = await states.lift_again(connection, own, due.ITEMS_MAX)
        work = self.frame.work(connection, now, written)
        for topic, key in again:
            work.state_changed(own[topic], key)
        if again:
            log.warning("states are said again, above what was heard", states=len(again))
        return bool(again)

    async def _advance_alone(self, record: Record) -> None:
        partition = (record.topic, record.partition)
        async with self.frame.pool.acquire() as connection, connection.transaction():
            await positions.lock(connection, self.cursor.hearing, [partition])
            moves = positions.moved([record], [], self.frame.secret)
            await positions.advance(connection, self.cursor.hearing, moves)
        self.cursor.remembered[partition] = record.offset + 1
