"""City profiles and the state that everyone hears."""

from datetime import UTC, date, datetime

import pytest
from b40_contracts.registry import CityProfileReported, Profile, Status
from b40_registry import cities
from b40_registry.cities import Described
from b40_registry.parts import shared

from tests.registry.given import ISTANBUL, JUNE_28, PRISTINA, SOFIA, entry

NOON = datetime(2022, 6, 20, 12, tzinfo=UTC)


def known(report: CityProfileReported) -> Described:
    return Described(Profile(**shared(Profile, report)), NOON, "report-5")


@pytest.mark.parametrize("report", [ISTANBUL, PRISTINA, SOFIA])
def test_a_sound_profile_is_accepted_also_from_a_country_outside_iso(report: CityProfileReported) -> None:
    assert cities.objection(report, []) is None
    assert cities.objection(report, [known(report)]) is None


@pytest.mark.parametrize(
    ("changed", "reason", "field"),
    [
        ({"country": "GR"}, "other-country", "code"),
        ({"timezone": "Europe/Byzantium"}, "unknown-timezone", "timezone"),
        ({"timezone": "Europe"}, "unknown-timezone", "timezone"),
        ({"geonames": 1}, "other-place", "geonames"),
        ({"code": "TRIZM"}, "other-code", "geonames"),
    ],
)
def test_a_profile_that_cannot_be_right_is_refused_and_the_field_named(
    changed: dict[str, object], reason: str, field: str
) -> None:
    objection = cities.objection(ISTANBUL.model_copy(update=changed), [known(ISTANBUL)])
    assert objection is not None
    assert (objection.reason, objection.detail.split(":")[0]) == (reason, field)


def test_the_later_report_holds_and_of_the_same_moment_the_greater_id() -> None:
    before, after = datetime(2022, 6, 20, 11, tzinfo=UTC), datetime(2022, 6, 20, 13, tzinfo=UTC)
    assert known(ISTANBUL).is_newer_than(before, "report-9")
    assert not known(ISTANBUL).is_newer_than(after, "report-1")
    assert known(ISTANBUL).is_newer_than(NOON, "report-4")
    assert not known(ISTANBUL).is_newer_than(NOON, "report-5")


def test_a_city_without_entries_has_no_status() -> None:
    city = cities.state(known(ISTANBUL).profile, NOON, [], [])
    assert (city.status, city.since, city.ledger) == (None, None, ())


def test_the_state_tells_the_status_that_has_begun_and_the_whole_ledger() -> None:
    """Breaks if an entry whose day has not come already decides the status."""
    signed, active = entry(Status.SIGNED, date(2022, 4, 1)), entry(Status.ACTIVE, JUNE_28)
    city = cities.state(known(SOFIA).profile, NOON, [active, signed], [signed])
    assert (city.status, city.since) == (Status.SIGNED, date(2022, 4, 1))
    assert city.ledger == (signed, active)


def test_a_consumer_can_tell_from_the_state_who_was_a_member_on_a_day() -> None:
    ledger = [entry(Status.ACTIVE, JUNE_28), entry(Status.LEFT, date(2023, 1, 1))]
    city = cities.state(known(SOFIA).profile, NOON, ledger, ledger)
    days = [date(2022, 6, 27), JUNE_28, date(2022, 12, 31), date(2023, 1, 1)]
    assert [city.member_on(day) for day in days] == [False, True, True, False]
