"""When it is the next of some hours of the day, where the reader is."""

from datetime import UTC, datetime, timedelta

import pytest
from b40_notify.hours import next_due
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("now", "zone", "due"),
    [
        ("2022-07-01T10:00", "Europe/Skopje", "2022-07-01T16:00"),
        ("2022-07-01T15:59", "Europe/Skopje", "2022-07-01T16:00"),
        ("2022-07-01T16:00", "Europe/Skopje", "2022-07-02T16:00"),
        ("2022-07-01T10:00", "Europe/Istanbul", "2022-07-01T15:00"),
        ("2022-07-01T10:00", None, "2022-07-01T18:00"),
        # The day on which summer time ends is an hour longer.
        ("2022-10-29T17:00", "Europe/Skopje", "2022-10-30T17:00"),
    ],
)
def test_a_digest_is_due_at_six_in_the_evening_where_the_reader_is(now: str, zone: str | None, due: str) -> None:
    """Breaks if summer time or the zone is forgotten."""
    assert next_due(_utc(now), (18,), zone) == _utc(due)


@given(
    st.timedeltas(timedelta(), timedelta(days=36_500)).map(lambda since: datetime(2000, 1, 1, tzinfo=UTC) + since),
    st.sets(st.integers(0, 23), min_size=1),
    st.sampled_from([None, "Europe/Skopje", "Europe/Istanbul", "Europe/Athens"]),
)
def test_the_next_hour_is_after_now_and_within_a_day(now: datetime, hours: set[int], zone: str | None) -> None:
    """Breaks if something is due in the past (it would be sent at once) or a day is left out."""
    assert timedelta() < next_due(now, hours, zone) - now <= timedelta(hours=25)


@pytest.mark.parametrize(
    ("now", "zone", "due"),
    [
        ("2022-07-01T07:59", "Europe/Skopje", "2022-07-01T08:00"),
        ("2022-07-01T08:00", "Europe/Skopje", "2022-07-01T15:00"),
        ("2022-07-01T15:00", "Europe/Skopje", "2022-07-02T08:00"),
        ("2022-07-01T15:00", None, "2022-07-01T17:00"),
    ],
)
def test_the_first_of_several_hours_is_next(now: str, zone: str | None, due: str) -> None:
    assert next_due(_utc(now), {17, 10}, zone) == _utc(due)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
