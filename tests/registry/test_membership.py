"""The membership ledger: what may be entered, in which order it stands, who is a member on which day."""

from datetime import date, timedelta
from itertools import pairwise, permutations

import pytest
from b40_contracts.registry import CityAdmitted, CityApplied, CityLeft, CitySigned, LedgerEntry, Status, status_on
from b40_contracts.values import Source
from b40_registry import membership
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.given import JUNE_28, entry

DAYS = st.dates(date(2021, 1, 1), date(2021, 1, 20))
ENTRIES = st.lists(st.builds(entry, st.sampled_from(Status), DAYS), max_size=12)


def entered(*entries: LedgerEntry) -> tuple[LedgerEntry, ...]:
    """The ledger after these reports, in this order; what is not acceptable is left out."""
    ledger: tuple[LedgerEntry, ...] = ()
    for one in entries:
        if not membership.is_entered(ledger, one) and membership.objection(ledger, one) is None:
            ledger = membership.in_order([*ledger, one])
    return ledger


@pytest.mark.parametrize(
    "statuses",
    [
        ["candidate", "signed", "active", "left"],
        ["signed", "active"],
        ["active", "left", "active"],
        ["candidate", "active"],
        ["signed", "left", "candidate"],
    ],
)
def test_a_ledger_that_tells_a_possible_story_is_entered_whole(statuses: list[str]) -> None:
    story = [entry(Status(status), JUNE_28 + timedelta(days=n)) for n, status in enumerate(statuses)]
    assert entered(*story) == tuple(story)


@pytest.mark.parametrize(
    ("before", "after"),
    [("active", "signed"), ("active", "candidate"), ("signed", "candidate"), ("active", "active"), ("left", "left")],
)
def test_what_cannot_follow_is_refused_with_both_entries_named(before: str, after: str) -> None:
    ledger = (entry(Status.ACTIVE, date(2020, 1, 1)),) if before == "left" else ()
    ledger = (*ledger, entry(Status(before), JUNE_28))
    objection = membership.objection(ledger, entry(Status(after), date(2022, 7, 1)))
    assert objection is not None
    assert objection.reason == "contradicts-ledger"
    assert objection.detail == f"status: {after} on 2022-07-01 cannot follow {before} on 2022-06-28"


@pytest.mark.parametrize("ledger", [(), (entry(Status.CANDIDATE, date(2022, 1, 1)),)])
def test_a_city_that_never_joined_cannot_leave(ledger: tuple[LedgerEntry, ...]) -> None:
    objection = membership.objection(ledger, entry(Status.LEFT, JUNE_28))
    assert objection is not None
    assert objection.reason == "never-joined"


def test_an_entry_that_comes_late_takes_the_place_of_its_day() -> None:
    """A document of an earlier day may turn up later; the ledger is ordered by days, not by arrival."""
    ledger = entered(entry(Status.ACTIVE, JUNE_28), entry(Status.CANDIDATE, date(2022, 4, 1)))
    assert [one.status for one in ledger] == [Status.CANDIDATE, Status.ACTIVE]


def test_a_late_entry_must_not_make_nonsense_of_what_follows_it() -> None:
    """Breaks if only the entry before the new one is looked at."""
    ledger = (entry(Status.CANDIDATE, JUNE_28),)
    objection = membership.objection(ledger, entry(Status.ACTIVE, date(2022, 6, 1)))
    assert objection is not None
    assert objection.detail == "status: candidate on 2022-06-28 cannot follow active on 2022-06-01"


def test_a_city_may_sign_and_become_active_on_one_day_whichever_is_reported_first() -> None:
    day = [entry(Status.CANDIDATE, JUNE_28), entry(Status.SIGNED, JUNE_28), entry(Status.ACTIVE, JUNE_28)]
    assert {entered(*order) for order in permutations(day)} == {tuple(day)}


def test_another_document_for_the_same_status_and_day_is_the_same_entry() -> None:
    first = entry(Status.ACTIVE, JUNE_28)
    assert membership.is_entered([first], entry(Status.ACTIVE, JUNE_28, Source(title="A newspaper")))
    assert not membership.is_entered([first], entry(Status.ACTIVE, date(2022, 6, 29)))


def test_a_day_that_can_only_be_a_typing_error_is_refused() -> None:
    objection = membership.objection((), entry(Status.ACTIVE, date(9999, 12, 31)))
    assert objection is not None
    assert objection.reason == "too-far-ahead"


@pytest.mark.parametrize(
    ("status", "fact"),
    [
        (Status.CANDIDATE, CityApplied),
        (Status.SIGNED, CitySigned),
        (Status.ACTIVE, CityAdmitted),
        (Status.LEFT, CityLeft),
    ],
)
def test_each_status_is_announced_by_a_fact_of_its_own(status: Status, fact: type[CityAdmitted]) -> None:
    one = entry(status, JUNE_28)
    assert membership.fact("BGSOF", one) == fact(city="BGSOF", on=JUNE_28, source=one.source)


@given(ENTRIES)
def test_whatever_is_reported_the_ledger_stays_one_that_can_be_told(reports: list[LedgerEntry]) -> None:
    """INVARIANT: in order of days, no status twice in a row, nothing leaves that had not joined."""
    ledger = entered(*reports)
    assert list(ledger) == sorted(ledger, key=lambda one: one.on)
    assert all(before.status is not after.status for before, after in pairwise(ledger))
    assert all(
        before is not None and before.status in (Status.SIGNED, Status.ACTIVE)
        for before, after in pairwise((None, *ledger))
        if after is not None and after.status is Status.LEFT
    )


@given(ENTRIES)
def test_reporting_everything_again_changes_nothing(reports: list[LedgerEntry]) -> None:
    """Breaks if an entry that is there is judged again instead of recognised."""
    ledger = entered(*reports)
    assert entered(*ledger, *ledger) == ledger


@given(ENTRIES, DAYS)
def test_status_on_a_day_is_that_of_the_last_entry_not_after_it(reports: list[LedgerEntry], day: date) -> None:
    ledger = entered(*reports)
    begun = [one for one in ledger if one.on <= day]
    assert status_on(ledger, day) == (begun[-1] if begun else None)
