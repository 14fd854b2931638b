"""One subscriber of an app, *first* or *main*: batches come in, each becomes one transaction, or nothing is taken."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from b40_chassis import authenticity, inbox, metrics, positions, tracing
from b40_chassis.batch import Batch, Reason
from b40_chassis.catching_up import CatchingUp
from b40_chassis.cursor import Cursor
from b40_chassis.errors import Failed, Restored, describe, of_infrastructure
from b40_chassis.frame import Frame
from b40_chassis.guard import Guard
from b40_chassis.limits import Judged, Limits
from b40_chassis.pace import Pace
from b40_chassis.positions import Partition, Verdict
from b40_chassis.reading import Readable, Reading
from b40_chassis.record import Place, record_of
from b40_chassis.work import CameMeanwhile
from b40_chassis.writing import ring

log = structlog.get_logger()

PAUSE_SECONDS = (0.2, 5.0)
"""Bounds of the pause after an error of the infrastructure; far below aiokafka's max_poll_interval."""
TURN_SECONDS = 0.05
FAULTS_AT_ONCE_MAX = 8
"""After so many records that failed one after the other a batch goes on in halves: each has the rest begin again."""
HEAR_SECONDS_MAX = 10.0
"""After so long no further transaction of the same batch is begun: a rebalance or a stop may wait for it."""


class NotTaken(Exception):
    """Nothing more of this batch may be taken: what is left of it is sought to where the database says."""


class Hearing:
    """Takes batches for one subscriber."""

    def __init__(
        self,
        frame: Frame,
        cursor: Cursor,
        guard: Guard,
        die: Callable[[str], None],
        catching_up: CatchingUp | None = None,
    ) -> None:
        self.frame = frame
        self.cursor = cursor
        self._guard = guard
        self._catching_up = catching_up
        self._die = die
        self._pace = Pace(frame.settings.batch_records_max)
        self._limits = Limits(frame.intakes)
        self._came: set[Place] = set()

    async def hear(self, raw: Sequence[Any]) -> None:
        """Take one batch that aiokafka handed out. Raises only what the infrastructure did: the batch comes again."""
        async with self.cursor.in_flight:
            readings = [self.frame.reader.read(record_of(each, self.cursor.prefix)) for each in raw]
            self._came.clear()
            try:
                await self._take_or_keep(readings)
                self.cursor.failures = 0
            except Exception as error:
                await self._pause_after(error)
                raise

    async def go_on(self) -> None:
        """Take again and again what was kept until its turn came, until the copy has caught up."""
        while self._catching_up is not None:
            async with self.cursor.in_flight:
                try:
                    await self._take_in_turn()
                except Exception as error:
                    await self._pause_after(error)
            await asyncio.sleep(TURN_SECONDS)

    async def _pause_after(self, error: Exception) -> None:
        self.cursor.failures += 1
        metrics.failures.add(1, hearing=self.cursor.hearing)
        log.warning("a batch comes again", hearing=self.cursor.hearing, error=describe(error))
        await asyncio.sleep(_pause(self.cursor.failures))

    async def _take_or_keep(self, readings: Sequence[Reading]) -> None:
        if self._catching_up is None:
            await self._take_or_settle(readings)
            return
        self._catching_up.add(readings)
        try:
            await self._take_in_turn()
        except Exception:
            self._catching_up.drop(positions.begins([each.record for each in readings]))  # it comes again
            raise

    async def _take_in_turn(self) -> None:
        """Take what has its turn, each topic's in a transaction of its own; keep the rest."""
        catching_up = self._catching_up
        if catching_up is None:
            return
        end = asyncio.get_running_loop().time() + HEAR_SECONDS_MAX
        try:
            while part := await catching_up.next(self._pace.records):
                await self._take_in_pace(part)
                catching_up.took(part)
                if asyncio.get_running_loop().time() > end:
                    break
        except NotTaken:
            await self._guard.settle(catching_up.drop(), remember=True)
        finally:
            catching_up.hold()
        self.cursor.failures = 0
        if catching_up.is_over:
            self._catching_up = None

    async def _take_or_settle(self, readings: Sequence[Reading]) -> None:
        """Take a batch, in so many transactions as the pace asks for; settle what is left of it if not all may be."""
        left = readings
        end = asyncio.get_running_loop().time() + HEAR_SECONDS_MAX
        try:
            while left:
                if asyncio.get_running_loop().time() > end:
                    raise NotTaken
                part = left[: self._pace.records]
                await self._take_in_pace(part)
                left = left[len(part) :]
        except NotTaken:
            begin = positions.begins([each.record for each in left])
            await self._guard.settle(list(begin), remember=True)

    async def _take_in_pace(self, part: Sequence[Reading]) -> None:
        begun = asyncio.get_running_loop().time()
        try:
            await self._take(part, {})
        except Exception as error:
            if not isinstance(error, NotTaken):
                self._pace.failed(error, asyncio.get_running_loop().time() - begun, len(part))
            raise
        took = asyncio.get_running_loop().time() - begun
        self._pace.took(took)
        metrics.batch_time.record(took, hearing=self.cursor.hearing)

    async def _take(self, readings: Sequence[Reading], faulty: Mapping[Place, Reason]) -> None:
        known = dict(faulty)
        while len(known) - len(faulty) < FAULTS_AT_ONCE_MAX or len(readings) == 1:
            try:
                await self._commit(readings, known)
                return
            except CameMeanwhile as came:
                if came.place in self._came:
                    known[came.place] = ("failed", str(came))
                self._came.add(came.place)
            except Failed as failed:
                record: Any = failed.record
                log.error("a record is set aside", place=record.place, error=str(failed))
                known[record.place] = ("failed", str(failed))
            except NotTaken:
                raise
            except Exception as error:
                if of_infrastructure(error):
                    raise
                await self._bisect(readings, known, error)
                return
        middle = len(readings) // 2
        await self._take(readings[:middle], known)
        await self._take(readings[middle:], known)

    async def _bisect(self, readings: Sequence[Reading], faulty: Mapping[Place, Reason], error: Exception) -> None:
        suspects = [index for index, each in enumerate(readings) if each.record.place not in faulty]
        if not suspects:
            raise error
        if len(suspects) == 1:
            place = readings[suspects[0]].record.place
            log.error("a record is set aside", place=place, error=describe(error))
            await self._take(readings, {**faulty, place: ("failed", describe(error))})
            return
        middle = suspects[len(suspects) // 2]
        await self._take(readings[:middle], faulty)
        await self._take(readings[middle:], faulty)

    async def _commit(self, readings: Sequence[Reading], faulty: Mapping[Place, Reason]) -> None:
        judged = self._limits.judge(readings, faulty)
        records = [each.record for each in judged.readings]
        begin = positions.begins(records)
        async with self.frame.pool.acquire() as connection, connection.transaction():
            locked = await positions.lock(connection, self.cursor.hearing, sorted(begin))
            stored = {each: found.next_offset for each, found in locked.items()}
            if not self._agrees(begin, stored):
                raise NotTaken
            any_held = any(found.any_held for found in locked.values())
            batch = Batch(self.frame, connection, self.cursor.hearing, judged.readings, faulty, any_held)
            told = any(not self.frame.heard[record.topic].sealed for record in records)
            with tracing.transaction(f"take {self.cursor.hearing}", _traceparents(readings), told=told):
                await batch.run()
            moves = positions.moved(records, batch.duplicates, self.frame.secret)
            for each, reason in judged.stops.items():
                await positions.stop(connection, self.cursor.hearing, each, stored[each], reason)
            await positions.advance(connection, self.cursor.hearing, moves)
        self.cursor.remembered |= {each: move.next_offset for each, move in moves.items()}
        self._finish(batch, judged)

    def _finish(self, batch: Batch, judged: Judged) -> None:
        self._limits.keep(judged)
        inbox.remember(self.frame.sources, batch.sources)
        ring(self.frame, batch.written)
        if batch.released:
            self.frame.bells.released.set()
        metrics.taken(self.cursor.hearing, batch)
        authenticity.count(batch.asides)
        if batch.integrators:
            self.frame.integrators.learn(batch.integrators)
        for (topic, number), reason in judged.stops.items():
            log.critical("a partition is stopped", topic=topic, partition=number, reason=reason)
        if judged.stops:
            raise NotTaken

    def _agrees(self, begin: Mapping[Partition, int], stored: Mapping[Partition, int]) -> bool:
        verdict = positions.check(begin, self.cursor.remembered, stored, self.cursor.compacted)
        if verdict is Verdict.RESTORED:
            restored = Restored(self.cursor.hearing)
            self._die(str(restored))
            raise restored
        if verdict is Verdict.GAP:
            log.error("a batch begins elsewhere than the position", hearing=self.cursor.hearing, begin=str(begin))
            self.cursor.verified -= begin.keys()
        return verdict is Verdict.TAKE


def _pause(failures: int) -> float:
    shortest, longest = PAUSE_SECONDS
    pause: float = min(longest, shortest * 2 ** min(failures - 1, 10))
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 (jitter)


def _traceparents(readings: Sequence[Reading]) -> list[str]:
    heard = (each.heard.traceparent for each in readings if isinstance(each, Readable))
    return [traceparent for traceparent in heard if traceparent is not None]
