"""Working groups: what a report brings."""

from datetime import date

from b40_contracts.registry import WorkingGroupChanged, WorkingGroupClosed, WorkingGroupFormed, WorkingGroupReported
from b40_contracts.values import Source
from b40_registry import groups

from tests.registry.given import group


def news(before: WorkingGroupReported | None, after: WorkingGroupReported) -> list[type]:
    known = groups.group_of(before) if before else None
    return [type(event) for event in groups.news(known, groups.group_of(after))]


def test_a_group_is_formed_when_it_is_first_reported() -> None:
    assert groups.news(None, groups.group_of(group())) == [WorkingGroupFormed(**group().model_dump())]


def test_a_group_that_is_reported_as_it_is_brings_nothing_new() -> None:
    assert news(group(), group()) == []


def test_another_document_for_the_same_group_brings_nothing_new() -> None:
    assert news(group(), group(source=Source(title="A page"))) == []


def test_another_city_or_name_changes_the_group() -> None:
    assert news(group(), group(cities=("BGSOF", "MEKOT", "TRIST"))) == [WorkingGroupChanged]
    assert news(group(), group(names={"en": "Digital cities"})) == [WorkingGroupChanged]


def test_a_group_closes_once() -> None:
    closed = group(closed_on=date(2023, 1, 31))
    assert news(group(), closed) == [WorkingGroupClosed]
    assert news(closed, closed) == []


def test_a_group_reported_after_it_closed_was_formed_and_closed() -> None:
    assert news(None, group(closed_on=date(2023, 1, 31))) == [WorkingGroupFormed, WorkingGroupClosed]


def test_a_group_that_closes_on_another_day_or_not_at_all_is_changed() -> None:
    closed = group(closed_on=date(2023, 1, 31))
    assert news(closed, group(closed_on=date(2023, 2, 28))) == [WorkingGroupChanged]
    assert news(closed, group()) == [WorkingGroupChanged]


def test_a_group_that_changes_while_it_closes_says_both() -> None:
    after = group(cities=("TRIST",), closed_on=date(2023, 1, 31))
    assert news(group(), after) == [WorkingGroupChanged, WorkingGroupClosed]


def test_a_group_names_its_cities_and_its_coordinator() -> None:
    assert groups.cities_named(groups.group_of(group(coordinator="ALTIA"))) == {"ALTIA", "BGSOF", "TRIST"}
    assert groups.cities_named(groups.group_of(group(coordinator=None, cities=()))) == set()


def test_a_group_with_a_city_twice_is_refused() -> None:
    objection = groups.objection(groups.group_of(group(cities=("TRIST", "TRIST"))))
    assert objection is not None
    assert objection.reason == "city-twice"


def test_a_group_closed_before_it_was_formed_is_refused() -> None:
    objection = groups.objection(groups.group_of(group(closed_on=date(2021, 11, 29))))
    assert objection is not None
    assert objection.reason == "closed-before-formed"
    assert groups.objection(groups.group_of(group(closed_on=date(2021, 11, 30)))) is None
