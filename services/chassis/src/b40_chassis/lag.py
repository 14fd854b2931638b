"""How far an app is behind the logs that it hears: in records, and in time."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from b40_chassis.positions import Partition, Standing


class Behind(NamedTuple):
    """What an app misses of a topic: so many records, and for so long an end that it saw was not reached."""

    records: int
    seconds: float


def records_behind(next_offsets: Mapping[Partition, int], ends: Mapping[Partition, int]) -> Counter[str]:
    """Records that stand in the logs and were not taken, by topic; also of partitions that are stopped."""
    behind: Counter[str] = Counter()
    for (topic, number), next_offset in next_offsets.items():
        behind[topic] += max(0, ends[topic, number] - next_offset)
    return behind


class Lag:
    """Measures the lag of one hearing. Of each partition it remembers an end that it saw until that was reached.

    So an app that keeps up is not behind for long, however much comes, and one that stands still is, however little
    it misses. A partition that is stopped is not behind in time: it has an alarm of its own.
    """

    def __init__(self) -> None:
        self._aims: dict[Partition, tuple[int, float]] = {}

    def note(
        self, standings: Mapping[Partition, Standing], ends: Mapping[Partition, int], now: float
    ) -> dict[str, Behind]:
        """How far it is behind, by topic. ``now`` is in seconds of a clock that never goes back."""
        seconds: dict[str, float] = {}
        for each, standing in standings.items():
            seconds[each[0]] = max(self._seconds(each, standing, ends[each], now), seconds.get(each[0], 0.0))
        records = records_behind({each: standing.next_offset for each, standing in standings.items()}, ends)
        return {topic: Behind(records[topic], seconds[topic]) for topic in seconds}

    def _seconds(self, partition: Partition, standing: Standing, end: int, now: float) -> float:
        aim = self._aims.get(partition)
        if standing.stopped is not None or standing.next_offset >= end:
            self._aims.pop(partition, None)
            return 0.0
        if aim is None or standing.next_offset >= aim[0]:
            aim = self._aims[partition] = end, now
        return now - aim[1]
