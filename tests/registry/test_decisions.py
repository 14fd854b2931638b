"""Decisions: when they fall due and lapse, and what may be reported of them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from b40_contracts.registry import DecisionTaken, Owner
from b40_registry import decisions, times
from b40_registry.decisions import KnownDecision, State
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.registry.given import decision, fulfilment

SAID_AT = datetime(2022, 7, 1, 9, tzinfo=UTC)


def known(state: State = State.OPEN, **changed: object) -> KnownDecision:
    zone = "Europe/Istanbul"
    done = fulfilment() if state is State.FULFILLED else None
    return KnownDecision(decisions.dated(decision(**changed), zone), zone, state, done)


def test_a_due_day_is_over_when_it_ends_where_the_owner_lives() -> None:
    fact = decisions.dated(decision(), "Europe/Istanbul")
    assert fact.falls_due == datetime(2022, 7, 1, 21, tzinfo=UTC)
    assert fact.lapses == datetime(2022, 7, 15, 21, tzinfo=UTC)


def test_days_of_grace_are_days_of_the_owner_also_when_its_clocks_change() -> None:
    """Breaks if grace is counted in hours: Sofia's clocks went back on 30 October 2022."""
    fact = decisions.dated(decision(due_on=date(2022, 10, 20)), "Europe/Sofia")
    assert fact.falls_due == datetime(2022, 10, 20, 21, tzinfo=UTC)
    assert fact.lapses == datetime(2022, 11, 3, 22, tzinfo=UTC)


def test_a_due_moment_is_taken_as_it_is() -> None:
    moment = datetime(2022, 10, 1, 12, tzinfo=UTC)
    fact = decisions.dated(decision(due_on=None, due_at=moment), "Europe/Sofia")
    assert (fact.falls_due, fact.lapses) == (moment, moment + timedelta(days=14))


def test_a_decision_without_a_due_day_never_falls_due_nor_lapses() -> None:
    fact = decisions.dated(decision(due_on=None), "Europe/Sofia")
    assert (fact.falls_due, fact.lapses) == (None, None)


@given(st.dates(date(2022, 6, 25), times.LATEST_DAY), st.sampled_from(["Europe/Athens", "Europe/Sarajevo", "UTC"]))
def test_a_decision_lapses_fourteen_days_after_it_falls_due(due_on: date, zone: str) -> None:
    fact = decisions.dated(decision(due_on=due_on), zone)
    assert fact.falls_due is not None
    assert fact.lapses is not None
    assert fact.falls_due == times.end_of(due_on, zone)
    assert abs(fact.lapses - fact.falls_due - timedelta(days=14)) <= timedelta(hours=1)


def test_what_is_taken_carries_all_that_was_reported_and_when_it_falls_due() -> None:
    taken = decisions.taken(decisions.dated(decision(), "Europe/Istanbul"))
    assert isinstance(taken, DecisionTaken)
    assert {**decision().model_dump()}.items() <= taken.model_dump().items()
    assert taken.falls_due == datetime(2022, 7, 1, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"due_on": date(2022, 6, 24)}, "due-before-taken"),
        ({"due_on": None, "due_at": datetime(2022, 6, 23, 12, tzinfo=UTC)}, "due-before-taken"),
        ({"due_on": date(9999, 12, 31)}, "too-far-ahead"),
        ({"due_on": None, "due_at": datetime(9999, 12, 31, tzinfo=UTC)}, "too-far-ahead"),
    ],
)
def test_a_decision_with_an_impossible_due_day_is_refused(changed: dict[str, object], reason: str) -> None:
    objection = decisions.objection(decision(**changed))
    assert objection is not None
    assert objection.reason == reason


def test_a_decision_due_on_the_day_it_is_taken_is_accepted() -> None:
    assert decisions.objection(decision(due_on=date(2022, 6, 25))) is None


def test_a_decision_has_one_owner_and_at_most_one_due() -> None:
    with pytest.raises(ValidationError, match="exactly one of city and group"):
        Owner(city="TRIST", group="smart-cities")
    with pytest.raises(ValidationError, match="exactly one of city and group"):
        Owner()
    with pytest.raises(ValidationError, match="only one of due_on and due_at"):
        decision(due_at=SAID_AT)


def test_the_same_decision_again_is_no_news_but_another_text_is_refused() -> None:
    fact = known().fact
    assert decisions.objection_to_other(fact, decision()) is None
    objection = decisions.objection_to_other(fact, decision(text={"en": "Something else."}))
    assert objection is not None
    assert (objection.reason, objection.detail.split(":")[0]) == ("decision-is-known", "text")


@pytest.mark.parametrize(
    ("state", "changed", "reason"),
    [
        (None, {}, "unknown-decision"),
        (State.FULFILLED, {"on": date(2022, 7, 1)}, "already-fulfilled"),
        (State.OPEN, {"on": date(2022, 6, 24)}, "fulfilled-before-taken"),
        (State.OPEN, {"on": date(2022, 7, 2)}, "not-yet"),
    ],
)
def test_a_fulfilment_that_cannot_be_right_is_refused(
    state: State | None, changed: dict[str, object], reason: str
) -> None:
    objection = decisions.objection_to_fulfilment(known(state) if state else None, fulfilment(**changed), SAID_AT)
    assert objection is not None
    assert objection.reason == reason


@pytest.mark.parametrize("state", [State.OPEN, State.DUE, State.LAPSED, State.FULFILLED])
def test_a_fulfilment_is_accepted_before_and_after_the_decision_lapsed_and_again_if_it_is_the_same(
    state: State,
) -> None:
    assert decisions.objection_to_fulfilment(known(state), fulfilment(), SAID_AT) is None


def test_a_fulfilment_is_judged_by_the_owners_own_day() -> None:
    """At 22:00 UTC it is already tomorrow in Istanbul."""
    late_evening = datetime(2022, 7, 1, 22, tzinfo=UTC)
    assert decisions.objection_to_fulfilment(known(), fulfilment(on=date(2022, 7, 2)), late_evening) is None


@pytest.mark.parametrize(
    ("changed", "on", "in_time"),
    [
        ({}, date(2022, 7, 1), True),
        ({}, date(2022, 7, 2), False),
        ({"due_on": None}, date(2030, 1, 1), True),
        ({"due_on": None, "due_at": datetime(2022, 7, 1, 22, tzinfo=UTC)}, date(2022, 7, 2), True),
        ({"due_on": None, "due_at": datetime(2022, 7, 1, 22, tzinfo=UTC)}, date(2022, 7, 3), False),
    ],
)
def test_whether_it_was_in_time_goes_by_the_day_it_was_done_not_the_day_it_was_told(
    changed: dict[str, object], on: date, in_time: bool
) -> None:
    event = decisions.fulfilled(known(State.LAPSED, **changed), fulfilment(on=on))
    assert (event.in_time, event.fulfilled_on) == (in_time, on)
