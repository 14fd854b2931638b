"""The judge: how often a role may be right by chance, and whether it was right more often than that.

A role names one party for another, once for a target at most. By chance it is right once in as many parties as there
are on the other side of the target's batch that are not its own. It has found something out if the lower end of the
99.9 % interval (Clopper and Pearson, exact) of how often it was right lies above that.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, lgamma, log, log1p
from typing import NamedTuple

TAIL = 0.0005
"""Of each side of the 99.9 % interval."""
SURER_TAIL = 0.00001
"""Of what differs from run to run, so that no run in a thousand cries at the bound."""
POWER = 0.99
SUREST = 0.01


class Trial(NamedTuple):
    """One target that a role named somebody for: what chance allows, how sure it was, and whether it was right."""

    bound: float
    candidates: int
    smallest: int
    surety: float
    right: bool
    hasty: bool = False


class Verdict(NamedTuple):
    """What came of a role's trials."""

    trials: int
    right: int
    bound: float

    @property
    def rate(self) -> float:
        """How often it was right."""
        return self.right / self.trials if self.trials else 0.0

    def found_out(self, tail: float = TAIL) -> bool:
        """Whether the lower end of the interval is above the bound: by chance, to be right so often is that rare."""
        return self.trials > 0 and at_least(self.right, self.trials, self.bound) < tail


def judge(trials: Sequence[Trial]) -> Verdict:
    """The verdict over these trials. Its bound is the mean of theirs, which is on the safe side: with unequal bounds
    the number that is right by chance varies less than with equal ones."""
    right = sum(trial.right for trial in trials)
    bound = sum(trial.bound for trial in trials) / len(trials) if trials else 0.0
    return Verdict(len(trials), right, bound)


def by_size(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    """The trials by the size of their batches, those of which the role was surest, and those of pairs that come
    within the hour."""
    sizes: dict[str, list[Trial]] = {"smallest": [], "up to twice": [], "larger": []}
    for trial in trials:
        twice = "up to twice" if trial.candidates <= 2 * trial.smallest else "larger"
        sizes["smallest" if trial.candidates <= trial.smallest else twice].append(trial)
    in_order = sorted(trials, key=lambda trial: -trial.surety)
    surest = in_order[: max(1, round(SUREST * len(trials)))] if trials else []
    return {**sizes, "surest 1 %": surest, "within the hour": [trial for trial in trials if trial.hasty]}


def at_least(right: int, trials: int, rate: float) -> float:
    """How probable it is that of so many trials with this rate as many are right, or more."""
    if right <= 0:
        return 1.0
    return min(1.0, sum(_exactly(number, trials, rate) for number in range(right, trials + 1)))


def _exactly(number: int, trials: int, rate: float) -> float:
    ways = lgamma(trials + 1) - lgamma(number + 1) - lgamma(trials - number + 1)
    return exp(ways + number * log(rate) + (trials - number) * log1p(-rate))


def lower_end(right: int, trials: int, tail: float = TAIL) -> float:
    """The lower end of the exact interval: the rate at which to be right so often, or more, has the tail's chance."""
    low, high = 0.0, right / trials
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if at_least(right, trials, middle or 1e-12) > tail else (middle, high)
    return low


def fewest_that_fail(bound: float, trials: int, tail: float = TAIL) -> int:
    """How many must be right, of so many trials, for the judge to find the role out."""
    low, high = 0, trials + 1
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if at_least(middle, trials, bound) < tail else (middle, high)
    return high


def finds_a_doubled_success(bound: float, trials: int, tail: float = TAIL) -> float:
    """How probable it is that a role which is right twice as often as chance allows is found out."""
    return at_least(fewest_that_fail(bound, trials, tail), trials, min(2 * bound, 1 - 1e-9))


@lru_cache(maxsize=1_000)
def trials_wanted(bound: float) -> int:
    """How many trials it takes to find a doubled success with probability 0.99, and any number above it."""
    low, high = 1, 1
    while finds_a_doubled_success(bound, high) < POWER:
        low, high = high, 2 * high
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if finds_a_doubled_success(bound, middle) >= POWER else (middle, high)
    return high
