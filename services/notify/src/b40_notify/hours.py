"""Fixed hours of the day, where the reader is."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_due(now: datetime, hours: Collection[int], zone: str | None) -> datetime:
    """The first time after ``now`` (UTC) that it is one of these ``hours`` in ``zone``; without a zone, in UTC."""
    there = ZoneInfo(zone) if zone else UTC
    today = now.astimezone(there).date()
    days = (today, today + timedelta(days=1))
    times = (datetime.combine(day, time(hour), there).astimezone(UTC) for day in days for hour in hours)
    return min(each for each in times if each > now)
