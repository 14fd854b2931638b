"""What was set aside goes on: released keys in log order, and dead letters that are replayed (design 5.6)."""

import asyncio
from collections.abc import Sequence

import asyncpg
import structlog

from b40_chassis import positions, set_aside
from b40_chassis.batch import Batch, Reason
from b40_chassis.errors import Failed, describe, of_infrastructure
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection
from b40_chassis.reading import Reading, UnknownType
from b40_chassis.record import Place, Record
from b40_chassis.work import CameMeanwhile
from b40_chassis.writing import ring

log = structlog.get_logger()

IDLE_SECONDS = 0.5


class NotOpen(LookupError):
    """There is no open dead letter with this number."""


class _Unnamed(Exception):
    """One of these records fails, and it is not known which."""

    def __init__(self, records: int) -> None:
        super().__init__(f"one of {records} records fails")
        self.records = records


class Releaser:
    """Applies what was released, one key at a time, with its partition's position locked."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    async def run(self) -> None:
        """Release until cancelled."""
        while True:
            try:
                self._frame.bells.released.clear()
                if not await self._release_next():
                    await self._wait()
            except Exception as error:
                log.warning("the releaser pauses", error=describe(error))
                await asyncio.sleep(IDLE_SECONDS)

    async def replay(self, id_: int) -> str:
        """Handle a dead letter's stored bytes again, in one transaction. Returns what became of it.

        Raises NotOpen. Twice is harmless: the second finds it no longer open.
        """
        try:
            return await self._replay(id_)
        except (NotOpen, CameMeanwhile):
            raise
        except Exception as error:
            if of_infrastructure(error):
                raise
            return f"failed again: {describe(error)}"

    async def _replay(self, id_: int) -> str:
        async with self._frame.pool.acquire() as connection, connection.transaction():
            row = await _open(connection, id_)
            record = set_aside.stored_record(row)
            batch = await self._apply(connection, row, [record])
            if not batch.asides:
                await set_aside.remove(connection, [record.place])
                await set_aside.release_key(connection, record.topic, record.partition, record.key)
        ring(self._frame, batch.written)
        self._frame.bells.released.set()
        return f"{batch.asides[0].state}: {batch.asides[0].detail}" if batch.asides else "applied"

    async def discard(self, id_: int, reason: str) -> None:
        """Give a dead letter up, with a reason that is kept; what it held goes on. Raises NotOpen."""
        async with self._frame.pool.acquire() as connection, connection.transaction():
            row = await _open(connection, id_)
            await set_aside.discard(connection, id_, reason)
            await set_aside.release_key(connection, row["topic"], row["partition"], row["key"])
        self._frame.bells.released.set()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await self._frame.bells.released.wait()
        except TimeoutError:
            return

    async def _release_next(self) -> bool:
        async with self._frame.pool.acquire() as connection:
            row = await set_aside.next_released(connection)
            if row is None:
                return False
            faulty: dict[Place, Reason] = {}
            met: set[Place] = set()
            at_most: int | None = None
            while True:
                try:
                    await self._release_key(connection, row, faulty, at_most)
                    return True
                except _Unnamed as unnamed:
                    at_most = unnamed.records // 2
                except Failed as failed:
                    faulty[failed.record.place] = ("failed", str(failed))
                    at_most = None
                except CameMeanwhile as came:
                    if came.place in met:
                        faulty[came.place] = ("failed", str(came))
                    met.add(came.place)

    async def _release_key(
        self,
        connection: Connection,
        row: asyncpg.Record,
        faulty: dict[Place, Reason],
        at_most: int | None,
    ) -> None:
        """Apply what is held of a key; the first ones alone, and the rest in its turn, if there is a limit."""
        key = row["topic"], row["partition"], row["key"]
        async with connection.transaction():
            await positions.lock(connection, row["hearing"], [(row["topic"], row["partition"])])
            records = (await set_aside.held_of_key(connection, *key))[:at_most]
            await set_aside.remove(connection, [record.place for record in records])
            try:
                batch = await self._apply(connection, row, records, faulty)
            except (Failed, CameMeanwhile):
                raise
            except Exception as error:
                if of_infrastructure(error):
                    raise
                suspects = [record for record in records if record.place not in faulty]
                if len(suspects) > 1:
                    raise _Unnamed(len(records)) from error
                if not suspects:
                    raise
                raise Failed(suspects[0], error, "release") from error
            if at_most is not None and not batch.asides:
                await set_aside.release_key(connection, *key)
        ring(self._frame, batch.written)

    async def _apply(
        self,
        connection: Connection,
        row: asyncpg.Record,
        records: Sequence[Record],
        faulty: dict[Place, Reason] | None = None,
    ) -> Batch:
        readings = [self._frame.reader.read(record) for record in records]
        batch = Batch(self._frame, connection, row["hearing"], readings, {**_unknown(readings), **(faulty or {})})
        await batch.run()
        if batch.duplicates:
            partition = (row["topic"], row["partition"])
            await positions.count_duplicates(connection, row["hearing"], partition, len(batch.duplicates))
        if batch.released:
            self._frame.bells.released.set()
        return batch


def _unknown(readings: Sequence[Reading]) -> dict[Place, Reason]:
    """What a newer version set aside and this one does not know: kept, where a record of a log would be skipped."""
    return {
        each.record.place: ("failed", f"type: {each.cloud_event.type} is not known to this version")
        for each in readings
        if isinstance(each, UnknownType)
    }


async def _open(connection: Connection, id_: int) -> asyncpg.Record:
    """An open dead letter, locked with its partition's position: no batch can set more aside behind it meanwhile."""
    row = await set_aside.find(connection, id_)
    if row is None or row["state"] not in set_aside.DEAD:
        raise NotOpen(f"no open dead letter {id_}")
    await positions.lock(connection, row["hearing"], [(row["topic"], row["partition"])])
    return row
