"""The plan of faults: which, when, where and for how long; the same for the same seed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random

QUIET_SECONDS_FIRST = 2.0
GAP_SECONDS = (1.0, 6.0)
PAIRS_OF_STRIKES = 0.4
"""The part of all strikes that are two faults at once."""
SIDES = ("kafka", "postgres")

SECONDS: Mapping[str, tuple[float, float]] = {
    "kill": (0, 0),  # SIGKILL of a copy, which the supervisor starts again
    "freeze": (1, 15),  # SIGSTOP of a copy, then SIGCONT
    "stop": (0, 0),  # SIGTERM of a copy, which the supervisor starts again
    "postgres": (0, 2),  # SIGKILL of PostgreSQL, started again after so long
    "kafka": (0, 2),
    "commit": (0, 2),  # SIGKILL of PostgreSQL as a copy's COMMIT has been forwarded and not answered
    "cut": (0, 0),  # all connections of a copy to one side end at once
    "unreachable": (1, 8),  # … and new ones are refused
    "slow": (2, 8),  # what passes is delayed
    "half-open": (2, 8),  # nothing passes, nothing ends
    "disk": (2, 6),  # the disk of PostgreSQL's data is full
    "wal": (2, 6),  # the disk of its write-ahead log is full
}
"""All kinds of fault, and how long one lasts, from and to."""

NOTABLE_PAIRS = (
    (("unreachable", "kafka", 0), ("kill", "kafka", 0)),
    (("kafka", "kafka", 0), ("kill", "kafka", 0)),
    (("commit", "postgres", 0), ("freeze", "postgres", 1)),
    (("postgres", "postgres", 0), ("freeze", "postgres", 1)),
)
"""Two faults, each with the side it is of, that hide from tests of one; of the same copy (0) or of the next (1)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``copy`` is the number of the copy it hits, ``side`` what that is cut off from, where that matters."""

    kind: str
    copy: int
    side: str
    seconds: float
    delay: float


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault, or two at once, so many seconds after the begin."""

    at: float
    faults: tuple[Fault, ...]


def plan(seed: int, seconds: float, kinds: Collection[str], copies: int) -> list[Strike]:
    """Faults of these kinds over so many seconds."""
    chance = Random(f"faults {seed}")
    chosen = sorted(kinds)
    strikes: list[Strike] = []
    at = QUIET_SECONDS_FIRST
    while (at := at + chance.uniform(*GAP_SECONDS)) < seconds:
        drawn = _pair(chance, chosen) if chance.random() < PAIRS_OF_STRIKES else [_single(chance, chosen)]
        copy = chance.randrange(copies)
        faults = tuple(_fault(chance, kind, side, (copy + next_) % copies, seconds - at) for kind, side, next_ in drawn)
        strikes.append(Strike(round(at, 2), faults))
    return strikes


def _single(chance: Random, kinds: list[str]) -> tuple[str, str, int]:
    return chance.choice(kinds), chance.choice(SIDES), 0


def _pair(chance: Random, kinds: list[str]) -> list[tuple[str, str, int]]:
    notable = [pair for pair in NOTABLE_PAIRS if all(kind in kinds for kind, _, _ in pair)]
    if notable and chance.random() < 0.5:
        return list(chance.choice(notable))
    kind, side, _ = _single(chance, kinds)
    return [_single(chance, kinds), (kind, side, chance.randrange(2))]


def _fault(chance: Random, kind: str, side: str, copy: int, seconds_left: float) -> Fault:
    seconds = min(chance.uniform(*SECONDS[kind]), seconds_left)
    return Fault(kind, copy, side, round(seconds, 2), round(chance.uniform(0.02, 0.8), 2))
