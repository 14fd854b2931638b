"""What an app is behind with at its start is heard in the order in which it was appended, across its topics.

While all is well an answer follows what it answers: others know nothing of us that we have not said. An app whose
database was restored has forgotten what it had said, and finds the answers in the logs already. Heard topic by topic
they might come first: an order for a bill that the app does not know any more (design 5.2). Within a topic nothing
changes.
"""

import contextlib
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import takewhile

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError

from b40_chassis import positions
from b40_chassis.cursor import Cursor, Offsets
from b40_chassis.frame import Frame
from b40_chassis.positions import Partition
from b40_chassis.reading import Reading


class CatchingUp:
    """Keeps what came before its turn. It is over when every partition has reached the end it had at the start."""

    def __init__(self, frame: Frame, cursor: Cursor, offsets: Offsets) -> None:
        self._frame = frame
        self._cursor = cursor
        self._offsets = offsets
        self._ends: dict[Partition, int] = {}  # empty when all have caught up
        self._kept: dict[Partition, list[Reading]] = {}
        self._paused: set[Partition] = set()

    @property
    def is_over(self) -> bool:
        """Whether all has caught up, and nothing is kept any more."""
        return not self._ends and not self._kept

    async def begin(self) -> None:
        """Look where the logs end; call it before anything of them is heard. One topic alone has no order to keep."""
        if len(self._cursor.topics) > 1:
            self._ends = await self._offsets.ends(self._cursor.partitions())

    def add(self, readings: Sequence[Reading]) -> None:
        """Keep what came. What was kept of the same partition is no longer what comes next."""
        for each in _partitions(readings):
            self._kept[each] = [one for one in readings if _partition(one) == each]

    def drop(self, partitions: Collection[Partition] | None = None) -> list[Partition]:
        """Forget what was kept of these partitions, by default of all: it comes again. Returns which these were."""
        dropped = [each for each in self._kept if partitions is None or each in partitions]
        for each in dropped:
            del self._kept[each]
        return dropped

    def took(self, part: Sequence[Reading]) -> None:
        """These were taken."""
        for each in _partitions(part):
            self._kept[each] = self._kept[each][sum(_partition(one) == each for one in part) :]
            if not self._kept[each]:
                del self._kept[each]

    async def next(self, records_max: int) -> list[Reading]:
        """What may be taken now: of one topic, and nothing that was appended after what is left of another."""
        behind = await self._behind() if self._ends else {}
        if not behind:
            self._ends = {}
            return [one for kept in self._kept.values() for one in kept][:records_max]
        if not self._kept:
            return []
        first = min((kept[0] for kept in self._kept.values()), key=_appended)
        topic = first.record.topic
        heads = [_appended(kept[0]) for each, kept in self._kept.items() if each[0] != topic]
        part = self._of(topic, min(heads, default=None))[:records_max]
        others = {each: at for each, at in behind.items() if each[0] != topic and each not in self._kept}
        while part and others and not await self._have_passed(others, max(map(_appended, part))):
            *earlier, _ = sorted(set(map(_appended, part)))
            part = self._of(topic, earlier[len(earlier) // 2])[:records_max] if earlier else []
        return part

    def hold(self) -> None:
        """Have Kafka hand out nothing more of what is kept, and all else again."""
        for each in self._kept.keys() - self._paused:
            self._call("pause", each)
        for each in self._paused - self._kept.keys() - self._cursor.stopped:
            self._call("resume", each)
        self._paused = set(self._kept)

    def _of(self, topic: str, until: datetime | None) -> list[Reading]:
        """What is kept of a topic, of each partition up to the first that is later: none may be left out between."""
        kept = [kept for each, kept in sorted(self._kept.items()) if each[0] == topic]
        return [one for each in kept for one in takewhile(lambda one: until is None or _appended(one) <= until, each)]

    async def _behind(self) -> dict[Partition, int]:
        """Positions of the partitions that have not reached their end, -1 if none is stored yet.

        Those that are stopped hold nobody up.
        """
        async with self._frame.pool.acquire() as connection:
            found = await positions.standings(connection, self._cursor.hearing)
        at = {each: found[each].next_offset if each in found else -1 for each in self._ends}
        stopped = {each for each, standing in found.items() if standing.stopped is not None}
        return {each: at[each] for each, end in self._ends.items() if each not in stopped and at[each] < end}

    async def _have_passed(self, others: dict[Partition, int], time: datetime) -> bool:
        places = await self._offsets.at(list(others), time)
        return all(at >= min(places[each], self._ends[each]) for each, at in others.items())

    def _call(self, what: str, partition: Partition) -> None:
        full = TopicPartition(self._cursor.prefix + partition[0], partition[1])
        with contextlib.suppress(IllegalStateError):  # revoked meanwhile
            getattr(self._cursor.consumer, what)(full)


def _partition(reading: Reading) -> Partition:
    return reading.record.topic, reading.record.partition


def _partitions(readings: Sequence[Reading]) -> set[Partition]:
    return {_partition(each) for each in readings}


def _appended(reading: Reading) -> datetime:
    return reading.record.appended
