"""REPEATING: what the rules alone let somebody find out who knows both sides of every batch, of one and of many."""

import pytest

from tests.solidarity.attackers.city import Shape
from tests.solidarity.attackers.judging import SURER_TAIL, Trial, judge
from tests.solidarity.attackers.repeating import (
    FEW_HOUSEHOLDS,
    FLOODED,
    LARGER,
    SMALLEST,
    UP_TO_TWICE,
    K,
    batches,
    trials,
)

MONTHS = 24
STATED = {
    "smallest": (SMALLEST, 12, {2: 0.47, 3: 0.67, 6: 0.93}),
    "up to twice": (UP_TO_TWICE, 8, {2: 0.23, 3: 0.29, 6: 0.44}),
    "larger": (LARGER, 4, {2: 0.13, 3: 0.17, 6: 0.29}),
}
"""As services/solidarity/README.md states it: how often a bonded payer's household is found by laying so many of its
batches over each other. The horizon up to which the bound holds is one batch: no test promises more."""
WITHIN = 0.06


@pytest.mark.parametrize("size", STATED)
def test_the_horizon_is_as_the_readme_states_it(size: str) -> None:
    """Breaks if chance leaves nobody, so that the same two are found sooner; or if the README promises too little."""
    shape, seeds, stated = STATED[size]
    found: dict[int, list[Trial]] = {}
    for seed in range(seeds):
        for so_far, some in trials(seed, MONTHS, shape).items():
            found.setdefault(so_far, []).extend(some)
    assert min(found) == 2, "a single batch has nothing to be laid over"
    for so_far, rate in stated.items():
        verdict = judge(found[so_far])
        assert verdict.found_out(SURER_TAIL), "beyond its horizon the bound does not hold"
        assert verdict.rate == pytest.approx(rate, abs=WITHIN)


@pytest.mark.parametrize("shape", [FLOODED, FEW_HOUSEHOLDS], ids=["flooded", "few households"])
def test_k_others_are_on_each_side_of_every_batch(shape: Shape) -> None:
    """Breaks if f is forgotten, if needs are counted for households, or if k is lowered for what is urgent."""
    closed = 0
    for seed in range(4):
        for _, payers, households, pool in batches(seed, 12, shape):
            closed += 1
            assert len(payers - set(pool.own_payers)) >= K
            assert len(households - set(pool.own_households)) >= K
    assert closed > 12
