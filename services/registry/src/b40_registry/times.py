"""Days and moments: when a calendar day begins and ends where it is lived."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from b40_contracts.values import EARLIEST_INSTANT

from b40_registry.objections import Objection

LATEST_DAY = date(2199, 12, 31)
"""Days after it are typing errors; none of them is computed with."""


def is_zone(name: str) -> bool:
    """Whether the IANA time zone database knows this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder of the database
        return False
    return True


def begin_of(day: date, zone: str) -> datetime:
    """The first moment of a day in a zone, UTC. Where midnight is skipped or comes twice, the first that there is.

    1900 began in the east before it began in UTC; no event may carry an instant before that.
    """
    assert day <= LATEST_DAY + timedelta(days=1), "days beyond the latest are refused before anybody computes"
    return max(datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC), EARLIEST_INSTANT)


def end_of(day: date, zone: str) -> datetime:
    """The first moment after a day in a zone, UTC."""
    return begin_of(day + timedelta(days=1), zone)


def too_far(field: str, day: date | None) -> Objection | None:
    """The objection to a day beyond the latest, or None."""
    if day is None or day <= LATEST_DAY:
        return None
    return Objection("too-far-ahead", f"{field}: {day} is after {LATEST_DAY}")
