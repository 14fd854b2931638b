"""Days begin and end where they are lived."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from b40_registry import times
from hypothesis import given
from hypothesis import strategies as st

ZONES = ("Europe/Istanbul", "Europe/Sofia", "Europe/Belgrade", "Europe/Athens", "Pacific/Apia", "America/Havana", "UTC")


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        (date(2022, 6, 28), "Europe/Istanbul", datetime(2022, 6, 27, 21, tzinfo=UTC)),
        (date(2022, 6, 28), "UTC", datetime(2022, 6, 28, tzinfo=UTC)),
        (date(2022, 1, 15), "Europe/Belgrade", datetime(2022, 1, 14, 23, tzinfo=UTC)),
        (date(2022, 7, 15), "Europe/Belgrade", datetime(2022, 7, 14, 22, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_midnight_of_its_zone(day: date, zone: str, moment: datetime) -> None:
    assert times.begin_of(day, zone) == moment


def test_where_midnight_is_skipped_the_day_begins_with_the_first_moment_there_is() -> None:
    """Havana's clocks go from 0:00 to 1:00: the 13th of March 2022 began at 5:00 UTC, as one o'clock."""
    begins = times.begin_of(date(2022, 3, 13), "America/Havana")
    assert begins == datetime(2022, 3, 13, 5, tzinfo=UTC)
    assert begins.astimezone(ZoneInfo("America/Havana")).hour == 1


def test_where_midnight_comes_twice_the_day_begins_with_the_first() -> None:
    """Havana's clocks go back from 1:00 to 0:00."""
    assert times.begin_of(date(2022, 11, 6), "America/Havana") == datetime(2022, 11, 6, 4, tzinfo=UTC)


def test_no_day_begins_before_the_earliest_instant_that_an_event_may_carry() -> None:
    assert times.begin_of(date(1900, 1, 1), "Europe/Istanbul") == datetime(1900, 1, 1, tzinfo=UTC)


@given(st.dates(date(1900, 1, 2), times.LATEST_DAY), st.sampled_from(ZONES))
def test_a_day_ends_when_the_next_one_begins_and_lasts_about_a_day(day: date, zone: str) -> None:
    begins, ends = times.begin_of(day, zone), times.end_of(day, zone)
    assert ends == times.begin_of(day + timedelta(days=1), zone)
    assert timedelta(0) <= ends - begins <= timedelta(hours=25)


@pytest.mark.parametrize("name", ["Europe/Istanbul", "UTC", "Etc/GMT+3"])
def test_zones_of_the_database_are_known(name: str) -> None:
    assert times.is_zone(name)


@pytest.mark.parametrize("name", ["Europe", "Europe/Byzantium", "../etc/passwd", "", "Istanbul time"])
def test_what_is_no_zone_is_not_one(name: str) -> None:
    assert not times.is_zone(name)
