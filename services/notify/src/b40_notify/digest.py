"""Digests: when the next one is due, and what stands in it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from b40_notify.texts.text import Text, day


def next_due(now: datetime, hour: int, zone: str | None) -> datetime:
    """The first time after ``now`` (UTC) that it is ``hour`` o'clock in ``zone``; without a zone, in UTC."""
    there = ZoneInfo(zone) if zone else UTC
    today = now.astimezone(there).date()
    due = datetime.combine(today, time(hour), there).astimezone(UTC)
    if due > now:
        return due
    return datetime.combine(today + timedelta(days=1), time(hour), there).astimezone(UTC)


def digest(notices: Sequence[Text], of: date) -> Text:
    """The notices of a day in one text, in the order given."""
    assert notices, "a digest of nothing is not sent"
    count = "one notice" if len(notices) == 1 else f"{len(notices)} notices"
    return Text(
        line=f"B40 on {day(of)}: {count}",
        paragraphs=tuple(f"{notice.line}\n{' '.join(notice.paragraphs)}" for notice in notices),
    )
