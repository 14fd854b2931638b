"""Where needs and gifts wait, how pools merge upward, when policies hold, how epochs are named."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from b40_contracts.solidarity import Border, Policy, PolicyReported, TokenEpoch
from b40_solidarity.epochs import epoch_of, first_day_after
from b40_solidarity.matcher.handlers.deciding import BATCHES_MAX, Hour
from b40_solidarity.pools import Pool
from b40_solidarity.versions import followed
from b40_solidarity.waiting import has_waited_long, longest_since
from hypothesis import given
from hypothesis import strategies as st

from tests.solidarity.given import MONDAY, POOL, after, policy

CITY, COUNTRY, NETWORK = Pool("TRIST", "water-bill", "TRY"), Pool("TR", "water-bill", "TRY"), "network"


def test_a_pool_merges_into_its_country_and_then_into_the_network() -> None:
    """Breaks if pools merge across kinds or currencies: who gives in another currency has it exchanged before."""
    assert CITY.name == POOL
    assert CITY.above() == COUNTRY
    assert COUNTRY.above() == Pool(NETWORK, "water-bill", "TRY")
    assert Pool(NETWORK, "water-bill", "TRY").above() is None
    assert [Pool.named(pool.name) for pool in (CITY, COUNTRY)] == [CITY, COUNTRY]


def test_a_border_keeps_giving_within() -> None:
    every = (Border.CITY, Border.COUNTRY, Border.NETWORK)
    assert [CITY.borders, COUNTRY.borders, Pool(NETWORK, "family", "EUR").borders] == [every, every[1:], every[2:]]


def test_a_pool_merges_after_as_many_batch_hours_as_its_policy_says() -> None:
    terms = policy(batch_hours=(6, 18), merge_after=3)
    assert [has_waited_long(after(7), after(hour), terms) for hour in (18, 30, 42)] == [False, False, True]
    assert longest_since(after(90 * 24), terms) == MONDAY


def report(**changes: Any) -> PolicyReported:
    return policy(**changes)


def follow(*reports: tuple[PolicyReported, datetime]) -> Policy | None:
    known: Policy | None = None
    for reported, at in reports:
        known = followed(known, reported, at)
    return known


def at(known: Policy | None, time: datetime) -> int | None:
    """The k that holds at a time."""
    assert known is not None
    terms = known.at(time)
    return terms.k if terms else None


def test_a_policy_may_be_announced_before_it_holds() -> None:
    """Breaks if an announced policy rules what comes before its date, or displaces what holds until then."""
    known = follow((report(k=10), after(0)), (report(k=12, in_force_from=after(48)), after(1)))
    assert known is not None
    assert (known.version, known.announced and known.announced.version) == (1, 2)
    assert [at(known, after(hour)) for hour in (1, 47, 48, 90)] == [10, 10, 12, 12]


def test_the_last_announced_policy_replaces_the_one_announced_before() -> None:
    ahead = (report(k=12, in_force_from=after(48)), after(1))
    again = follow((report(k=10), after(0)), ahead, (report(k=14, in_force_from=after(72)), after(2)))
    assert [at(again, after(hour)) for hour in (49, 72)] == [10, 14]
    later = follow((report(k=10), after(0)), ahead, (report(k=14, in_force_from=after(72)), after(50)))
    assert [at(later, after(hour)) for hour in (51, 72)] == [12, 14]
    at_once = follow((report(k=10), after(0)), ahead, (report(k=14), after(2)))
    assert at_once is not None
    assert (at_once.version, at_once.announced, at(at_once, after(49))) == (3, None, 14)


def test_an_older_report_changes_nothing_and_a_first_policy_may_hold_later() -> None:
    known = follow((report(k=10), after(0)), (report(k=12, in_force_from=after(48)), after(5)))
    assert followed(known, report(k=7), after(4)) is None
    first = follow((report(k=10, in_force_from=after(48)), after(0)))
    assert [at(first, after(hour)) for hour in (47, 48)] == [None, 10]


def test_f_of_payers_is_k_less_one_unless_the_policy_says_otherwise() -> None:
    assert [report(k=10, f_payers=f).payers_controlled for f in (None, 0, 3)] == [9, 0, 3]


@pytest.mark.parametrize(
    ("kind", "name"), [(TokenEpoch.MONTH, "2022-m07"), (TokenEpoch.QUARTER, "2022-q3"), (TokenEpoch.YEAR, "2022")]
)
def test_an_epoch_has_a_name(kind: TokenEpoch, name: str) -> None:
    assert epoch_of(MONDAY, kind) == name
    assert epoch_of(datetime(2022, 6, 30, 23, 59, tzinfo=UTC), kind) in ("2022-m06", "2022-q2", "2022")


@given(st.integers(0, 20 * 365), st.sampled_from(TokenEpoch))
def test_an_epoch_is_over_on_the_first_day_of_the_next(days: int, kind: TokenEpoch) -> None:
    time = MONDAY + timedelta(days=days)
    over = datetime.combine(first_day_after(epoch_of(time, kind)), datetime.min.time(), UTC)
    assert time < over
    assert epoch_of(over, kind) != epoch_of(time, kind) == epoch_of(over - timedelta(seconds=1), kind)


@given(st.integers(0, BATCHES_MAX - 2))
def test_the_batches_of_an_hour_are_due_one_after_the_other(nth: int) -> None:
    hour = Hour(after(18), nth)
    following = Hour.of(hour.next_batch())
    assert (following.time, following.nth, hour.is_last) == (after(18), nth + 1, False)
    assert Hour(after(18), BATCHES_MAX - 1).is_last
