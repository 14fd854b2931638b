"""What guards a copy's place in its topics: nothing is taken of a partition whose last record was not verified.

A log that is not the one of before (made anew, restored from an older copy, cut) stops its partition: the row says why,
over restarts; the copy pauses it and reads on elsewhere until a person has it go on (design 5.2).
"""

import asyncio
from collections.abc import Collection, Mapping

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition

from b40_chassis import positions
from b40_chassis.cursor import Cursor, Offsets
from b40_chassis.errors import describe
from b40_chassis.frame import Frame
from b40_chassis.positions import ANOTHER_LOG, Partition, Standing
from b40_chassis.record import Record, record_of

log = structlog.get_logger()

FETCH_SECONDS_MAX = 5.0
FETCH_BYTES_MAX = 65_536
RECOVERY_SECONDS = 1.0
"""How long an end before the position is given to move: a new leader may tell an older one at first."""
LOOK_SECONDS = 0.5


class Guard:
    """Guards the place of one hearing."""

    def __init__(self, frame: Frame, cursor: Cursor, offsets: Offsets) -> None:
        self._frame = frame
        self._cursor = cursor
        self._offsets = offsets

    async def settle(self, partitions: Collection[Partition], *, remember: bool) -> None:
        """Verify what is not verified yet, stop what does not hold what it should, seek the rest to its position."""
        cursor = self._cursor
        standings = await self._standings(partitions)
        running = {each: found for each, found in standings.items() if found.stopped is None}
        unverified = {each: found for each, found in running.items() if each not in cursor.verified}
        faults = await self._faults(unverified) if unverified else {}
        for each, reason in faults.items():
            await self._stop(each, running[each], reason)
        for each in standings.keys() - (running.keys() - faults.keys()):
            cursor.stop(each, standings[each].next_offset)
        sound = {each: found.next_offset for each, found in running.items() if each not in faults}
        cursor.verified |= sound.keys()
        cursor.seek(sound, remember=remember)

    async def go_on(self) -> None:
        """Watch for ever over the partitions that are stopped, and read those again that a person had go on."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self._cursor.stopped:
                continue
            try:
                async with self._cursor.in_flight:
                    standings = await self._standings(self._cursor.stopped)
                    for each, found in standings.items():
                        if found.stopped is None:
                            self._cursor.go_on(each, found.next_offset)
            except Exception as error:
                told = describe(error)
                log.warning("stopped partitions could not be looked at", hearing=self._cursor.hearing, error=told)

    async def _standings(self, partitions: Collection[Partition]) -> dict[Partition, Standing]:
        wanted = list(partitions)
        async with self._frame.pool.acquire() as connection:
            await self._cursor.store_first(connection, wanted)
            found = await positions.standings(connection, self._cursor.hearing)
        return {each: found[each] for each in wanted}

    async def _stop(self, partition: Partition, found: Standing, reason: str) -> None:
        async with self._frame.pool.acquire() as connection:
            if await positions.stop(connection, self._cursor.hearing, partition, found.next_offset, reason):
                topic, number = partition
                log.critical("a partition is stopped", topic=topic, partition=number, reason=reason)

    async def _faults(self, found: Mapping[Partition, Standing]) -> dict[Partition, str]:
        beginnings, ends = await self._bounds(found)
        faults = {}
        for each, standing in found.items():
            if standing.next_offset < beginnings[each]:
                faults[each] = f"the log begins at {beginnings[each]}, after the position {standing.next_offset}"
            elif standing.next_offset > ends[each]:
                faults[each] = f"{ANOTHER_LOG}: it ends at {ends[each]}, before the position {standing.next_offset}"
        wanted = {
            each: standing.next_offset - 1
            for each, standing in found.items()
            if standing.last_hash is not None and beginnings[each] < standing.next_offset <= ends[each]
        }
        for each, record in (await self._records(wanted)).items():
            if record.fingerprint(self._frame.secret) != found[each].last_hash:
                faults[each] = f"{ANOTHER_LOG}: at {record.offset} stands another record than the one taken last"
        return faults

    async def _bounds(self, found: Mapping[Partition, Standing]) -> tuple[dict[Partition, int], dict[Partition, int]]:
        ends = await self._offsets.ends(found)
        if any(standing.next_offset > ends[each] for each, standing in found.items()):
            await asyncio.sleep(RECOVERY_SECONDS)
            ends = await self._offsets.ends(found)
        return await self._offsets.beginnings(found), ends

    async def _records(self, wanted: Mapping[Partition, int]) -> dict[Partition, Record]:
        """The records at these offsets; one that compaction or retention removed is missing."""
        if not wanted:
            return {}
        consumer = AIOKafkaConsumer(
            **self._frame.settings.reach().client(),
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=20,
            max_partition_fetch_bytes=FETCH_BYTES_MAX,
        )
        try:
            await consumer.start()
            return await self._read(consumer, wanted)
        finally:
            await consumer.stop()

    async def _read(self, consumer: AIOKafkaConsumer, wanted: Mapping[Partition, int]) -> dict[Partition, Record]:
        prefix = self._cursor.prefix
        full = {TopicPartition(prefix + topic, number): (topic, number) for topic, number in wanted}
        consumer.assign(list(full))
        for each, partition in full.items():
            consumer.seek(each, wanted[partition])
        missing = set(full)
        found = {}
        async with asyncio.timeout(FETCH_SECONDS_MAX):
            while missing:
                batches = await consumer.getmany(*missing, timeout_ms=200)
                for each, records in batches.items():
                    consumer.pause(each)
                    missing.discard(each)
                    if records[0].offset == wanted[full[each]]:
                        found[full[each]] = record_of(records[0], prefix)
                if not batches:
                    missing -= {each for each in missing if await consumer.position(each) > wanted[full[each]]}
        return found
