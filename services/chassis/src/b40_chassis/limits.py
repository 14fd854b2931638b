"""Limits of failure, per partition: too much that cannot be processed stops the partition, not the process.

A record that fails is set aside; when most do, the handler or the producer is broken, and setting everything aside
would only move the log into a table. What cannot be read counts on announced topics alone: an intake takes anything
from anybody, so that one sender's rubbish stops nobody else. What waits behind an earlier record of its key counts as
neither.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from b40_chassis.positions import Partition
from b40_chassis.reading import Reading, Unreadable
from b40_chassis.record import Place
from b40_chassis.set_aside import held_key

RUN_MAX = 100
"""So many failures in a row stop a partition."""
WINDOW = 1_000
RATIO_MAX = 0.5
"""More than this part of the last ``WINDOW`` records."""


@dataclass(slots=True)
class _Past:
    """What became of the last records of one partition."""

    run: int = 0
    window: deque[bool] = field(default_factory=lambda: deque(maxlen=WINDOW))
    failures: int = 0

    def copy(self) -> "_Past":
        return _Past(self.run, self.window.copy(), self.failures)

    def add(self, failed: bool) -> str | None:
        """Count a record. Returns why it is too many, if it is."""
        self.run = self.run + 1 if failed else 0
        self.failures += failed - (self.window[0] if len(self.window) == WINDOW else False)
        self.window.append(failed)
        if self.run >= RUN_MAX:
            return f"{self.run} records in a row could not be processed"
        if len(self.window) == WINDOW and self.failures > WINDOW * RATIO_MAX:
            return f"{self.failures} of the last {WINDOW} records could not be processed"
        return None


@dataclass(frozen=True, slots=True)
class Judged:
    """What may be taken of a batch: its records up to where a limit was passed, and which partitions stop there."""

    readings: Sequence[Reading]
    stops: Mapping[Partition, str]
    pasts: Mapping[Partition, _Past]


class Limits:
    """The limits of one hearing, kept in memory: a copy that starts counts anew. Only failures are remembered."""

    def __init__(self, intakes: Collection[str]) -> None:
        self._intakes = intakes
        self._pasts: dict[Partition, _Past] = {}

    def judge(self, readings: Sequence[Reading], faulty: Collection[Place]) -> Judged:
        """Look how far a batch may be taken, if these of its records are known to fail. Changes nothing yet."""
        if not (faulty or self._pasts or any(isinstance(each, Unreadable) for each in readings)):
            return Judged(readings, {}, {})
        pasts: dict[Partition, _Past] = {}
        stops: dict[Partition, str] = {}
        held = set()
        taken: list[Reading] = []
        for each in readings:
            record = each.record
            partition = (record.topic, record.partition)
            if partition in stops:
                continue
            taken.append(each)
            failed = self._failed(each, faulty)
            if held_key(record) in held or failed is None:
                continue
            if record.place in faulty:
                held.add(held_key(record))
            if partition not in pasts:
                pasts[partition] = self._pasts.get(partition, _Past()).copy()
            if reason := pasts[partition].add(failed):
                stops[partition] = reason
        return Judged(taken, stops, pasts)

    def keep(self, judged: Judged) -> None:
        """The batch was committed: remember; a partition that was stopped counts anew when it goes on."""
        for each, past in judged.pasts.items():
            if past.failures and each not in judged.stops:
                self._pasts[each] = past
            else:
                self._pasts.pop(each, None)

    def _failed(self, reading: Reading, faulty: Collection[Place]) -> bool | None:
        """None: it says nothing."""
        if isinstance(reading, Unreadable):
            return None if reading.record.topic in self._intakes else True
        return reading.record.place in faulty
