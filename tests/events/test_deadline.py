"""When a deadline approaches and when it has passed, with and without a known time zone."""

from datetime import UTC, date, datetime

import pytest
from b40_events.deadline import approaches_at, is_zone, next_midnight, passes_at

DAY = date(2022, 8, 26)


def test_a_day_with_a_zone_passes_at_midnight_there() -> None:
    assert passes_at(DAY, None, "Europe/Istanbul") == datetime(2022, 8, 26, 21, tzinfo=UTC)


def test_a_day_without_a_zone_passes_when_it_has_ended_everywhere() -> None:
    """Breaks if midnight UTC is assumed: half of the earth would still be in time."""
    assert passes_at(DAY, None, None) == datetime(2022, 8, 27, 12, tzinfo=UTC)


def test_a_day_without_a_zone_approaches_when_it_begins_anywhere() -> None:
    assert approaches_at(DAY, None, None) == datetime(2022, 8, 18, 10, tzinfo=UTC)


def test_a_moment_is_a_moment() -> None:
    moment = datetime(2022, 8, 26, 15, 30, tzinfo=UTC)
    assert passes_at(None, moment, None) == moment
    assert approaches_at(None, moment, None) == datetime(2022, 8, 19, 15, 30, tzinfo=UTC)


def test_the_next_midnight_is_always_later() -> None:
    midnight = datetime(2022, 7, 6, 21, tzinfo=UTC)
    assert next_midnight(midnight, "Europe/Istanbul") == datetime(2022, 7, 7, 21, tzinfo=UTC)


@pytest.mark.parametrize(("name", "known"), [("Europe/Lisbon", True), ("Europe/Atlantis", False), ("../etc", False)])
def test_a_zone_is_one_that_the_database_knows(name: str, known: bool) -> None:
    assert is_zone(name) is known
