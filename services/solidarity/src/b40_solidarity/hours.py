"""When batches close and weeks end, in UTC."""

from collections.abc import Collection
from datetime import datetime, timedelta

from b40_contracts.topic import MEMORY_DAYS

WEEK = timedelta(days=7)
MEMORY = timedelta(days=MEMORY_DAYS)
"""After so long nothing that was said may come again."""


def next_batch_hour(after: datetime, hours: Collection[int], weekdays: Collection[int]) -> datetime:
    """The first batch hour later than ``after``; weekdays count from Monday, 1."""
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    for day in (midnight + timedelta(days=days) for days in range(8)):
        if day.isoweekday() in weekdays:
            for moment in (day + timedelta(hours=hour) for hour in sorted(hours)):
                if moment > after:
                    return moment
    raise AssertionError("a policy without batch hours would never close a batch")


def whole_hour(time: datetime) -> datetime:
    """The hour in which ``time`` lies: the finest time that the matcher is told."""
    return time.replace(minute=0, second=0, microsecond=0)


def end_of_week(time: datetime) -> datetime:
    """The Monday, 00:00, that ends the ISO week of ``time``."""
    midnight = time.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=8 - midnight.isoweekday())
