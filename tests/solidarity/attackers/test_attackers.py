"""ATTACKERS: nobody who sees its part of a summer can say who paid whose bill more often than by chance."""

from collections.abc import Callable, Sequence

import pytest

from tests.solidarity.attackers.conftest import Attacked
from tests.solidarity.attackers.joins import JOINS, Eyes, Join
from tests.solidarity.attackers.judging import (
    POWER,
    SURER_TAIL,
    TAIL,
    Trial,
    by_size,
    finds_a_doubled_success,
    judge,
)
from tests.solidarity.attackers.roles.common import Role
from tests.solidarity.attackers.roles.every import ROLES, flooders
from tests.solidarity.attackers.truth import Truth

Runs = Sequence[Attacked]


def trials_of(role: Role, join: Join, seen: Sequence[tuple[Truth, Sequence[Eyes]]]) -> list[Trial]:
    """The trials that a join gives a role over all summers."""
    return [
        trial
        for truth, every in seen
        for eyes in every
        for trial in truth.trials(join(eyes), eyes.own, of_hasty=not role.sees_arrivals)
    ]


def found_out(role: Role, runs: Runs, tell: Callable[[str, object], None]) -> dict[str, object]:
    """By join and size of batch, where a role was right too often. Fails if it had too few trials to be found out."""
    tail, most = SURER_TAIL if role.varies else TAIL, 0.0
    found: dict[str, object] = {}
    seen = [(truth, role.look(evidence)) for _, evidence, truth in runs]
    for name, join in JOINS.items():
        trials = trials_of(role, join, seen)
        if not trials:
            continue
        whole = judge(trials)
        most = max(most, finds_a_doubled_success(whole.bound, whole.trials, tail))
        for size, some in {"all": trials, **by_size(trials)}.items():
            verdict = judge(some)
            tell(f"{role.name}, {name}, {size}", f"{verdict.right} of {verdict.trials}, bound {verdict.bound:.3f}")
            if verdict.found_out(tail):
                found[f"{name}, {size}"] = verdict
    assert most >= POWER, "no join had trials enough"
    return found


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_no_role_finds_out_who_paid_whose_bill(
    attacked: Runs, role: Role, record_property: Callable[[str, object], None]
) -> None:
    assert found_out(role, attacked, record_property) == {}


@pytest.mark.parametrize("number", [0, 1], ids=["gifts", "needs"])
def test_who_floods_finds_out_nothing(
    attacked: Runs, number: int, record_property: Callable[[str, object], None]
) -> None:
    for one in attacked:
        assert found_out(flooders(one.summer)[number], [one], record_property) == {}


def test_no_batch_has_fewer_than_k_beside_those_of_who_floods(attacked: Runs) -> None:
    """Breaks if f is forgotten, if k is lowered for what is urgent, or if it counts gifts or needs."""
    for summer, _, truth in attacked:
        assert truth.too_small() == []
        for pool in summer.pools:
            assert truth.too_small((*pool.own_payers, *pool.own_households)) == []


def test_the_summer_has_what_is_attacked(attacked: Runs) -> None:
    """Else the other tests would show nothing: pools that close at the minimum, larger ones, and thin weeks."""
    for summer, _, truth in attacked:
        sizes = [(len(batch.payers), len(batch.households)) for batch in truth.batches.values()]
        assert (9, 7) in sizes
        assert max(payers for payers, _ in sizes) > 18
        (thin,) = (pool for pool in summer.pools if pool.shape.thin)
        closed = {hour for name, hour in truth.batches if name == thin.name}
        assert 0 < len(closed) < len(summer.hours)
        assert not closed & set(summer.hours[:1])
