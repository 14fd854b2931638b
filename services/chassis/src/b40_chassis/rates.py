"""How fast one sender may come: a token bucket for each, in the memory of one process.

A bucket holds ``burst`` tokens and gets ``per_second`` new ones; an event takes one. Who takes more than there are owes
the rest, so that a batch is taken whole and paid for later.
"""

import math
from collections.abc import Callable
from time import monotonic

SENDERS_KNOWN_MAX = 10_000


class Rates:
    """The buckets of all senders. ``now`` is a clock in seconds that never goes back."""

    def __init__(self, per_second: float, burst: int, now: Callable[[], float] = monotonic) -> None:
        self._per_second = per_second
        self._burst = burst
        self._now = now
        self._full_again: dict[str, float] = {}

    def wait(self, sender: str) -> int:
        """For how many seconds a sender must wait until it may come again; 0 if it may come."""
        missing = self._missing(sender) - (self._burst - 1)
        return max(0, math.ceil(missing / self._per_second))

    def take(self, sender: str, events: int = 1) -> None:
        """Take so many tokens, whether there are so many or not."""
        now = self._now()
        if sender not in self._full_again and len(self._full_again) >= SENDERS_KNOWN_MAX:
            self._forget(now)
        self._full_again[sender] = max(now, self._full_again.get(sender, now)) + events / self._per_second

    def _missing(self, sender: str) -> float:
        return max(0.0, self._full_again.get(sender, 0.0) - self._now()) * self._per_second

    def _forget(self, now: float) -> None:
        """Forget whose bucket is full again; if too many are not, those that are nearest to it."""
        waiting = sorted(self._full_again.items(), key=lambda item: item[1])[-SENDERS_KNOWN_MAX // 2 :]
        self._full_again = {sender: full for sender, full in waiting if full > now}
