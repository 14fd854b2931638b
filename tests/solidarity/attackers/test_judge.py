"""JUDGE: it finds a doubled success, it does not cry at the bound, and its interval is the exact one."""

from random import Random

import pytest

from tests.solidarity.attackers.judging import (
    POWER,
    TAIL,
    Trial,
    at_least,
    by_size,
    finds_a_doubled_success,
    judge,
    lower_end,
    trials_wanted,
)

BOUNDS = [1 / 5, 1 / 7, 1 / 10, 1 / 16]


def guessed(chance: Random, count: int, bound: float, rate: float) -> list[Trial]:
    """Trials of a role that is right at this rate."""
    return [Trial(bound, round(1 / bound), 5, chance.random(), chance.random() < rate) for _ in range(count)]


@pytest.mark.parametrize("bound", BOUNDS)
def test_a_doubled_success_is_found_99_times_in_100(bound: float) -> None:
    """Breaks if the judge lets somebody through who is right twice as often as chance allows."""
    chance, trials = Random(round(1 / bound)), trials_wanted(bound)
    found = sum(judge(guessed(chance, trials, bound, 2 * bound)).found_out() for _ in range(300))
    assert found >= 290
    assert finds_a_doubled_success(bound, trials) >= POWER > finds_a_doubled_success(bound, trials // 2)


@pytest.mark.parametrize("bound", BOUNDS)
def test_who_guesses_is_not_found_out(bound: float) -> None:
    """Breaks if the judge cries at the bound: of 2,000 who guess one may be found out by chance."""
    chance, trials = Random(round(1 / bound)), trials_wanted(bound)
    assert sum(judge(guessed(chance, trials, bound, bound)).found_out() for _ in range(300)) <= 1


def test_the_lower_end_is_that_of_clopper_and_pearson() -> None:
    """Of 10 right in 20 the tables have 0.2720 at 95 %; of all right it is the root of the tail."""
    assert lower_end(10, 20, 0.025) == pytest.approx(0.2720, abs=0.00005)
    assert lower_end(20, 20) == pytest.approx(TAIL ** (1 / 20))
    assert lower_end(0, 20) == pytest.approx(0, abs=1e-9)
    assert at_least(10, 20, lower_end(10, 20)) == pytest.approx(TAIL, rel=1e-6)


def test_trials_are_told_apart_by_size_and_surety() -> None:
    trials = [Trial(1 / size, size, 5, size, False) for size in (5, 5, 10, 11)] + [Trial(0.1, 20, 5, 99, True)]
    sizes = by_size(trials)
    assert {name: len(some) for name, some in sizes.items()} == {
        "smallest": 2, "up to twice": 1, "larger": 2, "surest 1 %": 1, "within the hour": 0,
    }  # fmt: skip
    assert sizes["surest 1 %"][0].right
    assert judge(trials).right == 1
