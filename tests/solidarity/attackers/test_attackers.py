"""ATTACKERS: nobody who sees its part of a summer can say who paid whose bill more often than by chance."""

from collections.abc import Callable, Sequence

import pytest
from b40_contracts.solidarity import NeedsHandedBack

from tests.solidarity.attackers.conftest import Attacked
from tests.solidarity.attackers.joins import JOINS, Eyes, Join, by_intersection, by_time
from tests.solidarity.attackers.judging import (
    POWER,
    SURER_TAIL,
    TAIL,
    Trial,
    by_size,
    finds_a_doubled_success,
    judge,
)
from tests.solidarity.attackers.leaking import assert_k_others, fewest_told, in_clear
from tests.solidarity.attackers.roles.common import Role
from tests.solidarity.attackers.roles.database_operators import MATCHER_DATABASE
from tests.solidarity.attackers.roles.donor_and_biller import DONOR_AND_BILLER
from tests.solidarity.attackers.roles.every import ROLES, flooders
from tests.solidarity.attackers.truth import Truth
from tests.solidarity.given import K

Runs = Sequence[Attacked]
VARYING = ("time", "order", "adjacency", "words")
"""Joins by what may differ from run to run."""
SUMMERS_FOR_EACH_SIZE = 12
"""With so many summers there are trials enough not only of all batches, but of each size of batch by itself."""
SIZES = ("smallest", "up to twice", "larger")
STATED_OF_A_SUMMER = 0.6
"""What the README says that who sees both sides of six weekly batches finds out at most, over pools of all sizes."""


def trials_of(role: Role, join: Join, seen: Sequence[tuple[Truth, Sequence[Eyes]]]) -> list[Trial]:
    """The trials that a join gives a role over all summers."""
    return [
        trial
        for truth, every in seen
        for eyes in every
        for trial in truth.trials(join(eyes), eyes.own, of_hasty=not role.sees_arrivals)
    ]


def trials_enough(trials: Sequence[Trial], tail: float) -> float:
    """How probable it is that these trials find a doubled success."""
    whole = judge(trials)
    return finds_a_doubled_success(whole.bound, whole.trials, tail)


def found_out(role: Role, runs: Runs, tell: Callable[[str, object], None]) -> dict[str, object]:
    """By join and size of batch, where a role was right too often. Fails if it had too few trials to be found out."""
    most, found = 0.0, dict[str, object]()
    seen = [(truth, role.look(evidence)) for _, evidence, truth in runs]
    for name, join in JOINS.items():
        trials = trials_of(role, join, seen)
        if not trials:
            continue
        tail = SURER_TAIL if role.varies and name in VARYING else TAIL
        weighed = by_size(trials) if len(runs) >= SUMMERS_FOR_EACH_SIZE else {}
        most = max(most, min(trials_enough(some, tail) for some in (trials, *map(weighed.get, SIZES)) if some))
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


def test_nothing_leaks_in_all_of_the_summer(attacked: Runs) -> None:
    """What test_leaking.py looks at in a glance, over all weeks and pools."""
    for summer, evidence, truth in attacked:
        assert_k_others(summer, truth)
        assert min(fewest_told(evidence).values()) >= K
        assert not any(in_clear(evidence).values())
        assert evidence.between[1:] == evidence.public[:-1]


@pytest.mark.parametrize("role", [role for role in ROLES if role.sees_both], ids=lambda role: role.name)
def test_who_sees_both_sides_batch_after_batch_finds_out_as_the_readme_says(attacked: Runs, role: Role) -> None:
    """Not promised: the README of solidarity states the figure. If nothing is found out, that is wrong too."""
    seen = [(truth, role.look(evidence)) for _, evidence, truth in attacked]
    trials = trials_of(role, by_intersection, seen)
    assert judge(trials).found_out()
    assert not judge([trial._replace(bound=STATED_OF_A_SUMMER) for trial in trials]).found_out(SURER_TAIL)


@pytest.mark.parametrize("role", [MATCHER_DATABASE, DONOR_AND_BILLER], ids=lambda role: role.name)
def test_who_gives_within_the_hour_is_seen_by_who_sees_both_come_in(attacked: Runs, role: Role) -> None:
    """Not promised, as the README says: the hour of arrival is known to the matcher, and to biller and donor."""
    trials = [
        trial
        for _, evidence, truth in attacked
        for eyes in role.look(evidence)
        for trial in truth.trials(by_time(eyes), eyes.own)
        if trial.hasty
    ]
    assert judge(trials).rate > 0.8


def test_the_summer_has_what_is_attacked(attacked: Runs) -> None:
    """Else the other tests would show nothing: pools that close at the minimum, larger ones, and thin weeks."""
    for summer, evidence, truth in attacked:
        sizes = [(len(batch.payers), len(batch.households)) for batch in truth.batches.values()]
        assert (9, 7) in sizes
        assert max(payers for payers, _ in sizes) > 18
        assert evidence.events(NeedsHandedBack)
        thin = [pool for pool in summer.pools if pool.shape.thin]
        assert len(thin) == 2
        for pool in thin:
            closed = {hour for name, hour in truth.batches if name == pool.name}
            assert 0 < len(closed) < len(summer.hours)
            assert summer.hours[0] not in closed
