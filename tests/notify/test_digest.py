"""When a digest is due, and what stands in it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from b40_notify.digest import digest, next_due
from b40_notify.texts.text import Text
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
    assert next_due(_utc(now), 18, zone) == _utc(due)


@given(
    st.timedeltas(timedelta(), timedelta(days=36_500)).map(lambda since: datetime(2000, 1, 1, tzinfo=UTC) + since),
    st.integers(0, 23),
    st.sampled_from([None, "Europe/Skopje", "Europe/Istanbul", "Europe/Athens"]),
)
def test_the_next_digest_is_after_now_and_within_a_day(now: datetime, hour: int, zone: str | None) -> None:
    """Breaks if a digest is due in the past (it would be gathered at once) or a day is left out."""
    assert timedelta() < next_due(now, hour, zone) - now <= timedelta(hours=25)


def test_a_digest_holds_every_notice_in_the_order_given() -> None:
    """Breaks if a notice of the day is missing."""
    one = digest([Text("A joined", ("A is a member.",))], date(2022, 7, 1))
    two = digest([Text("A joined", ("A is a member.", "More.")), Text("B left", ("B is none.",))], date(2022, 7, 1))

    assert one.line == "B40 on 1 July 2022: one notice"
    assert two.line == "B40 on 1 July 2022: 2 notices"
    assert two.paragraphs == ("A joined\nA is a member. More.", "B left\nB is none.")


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
