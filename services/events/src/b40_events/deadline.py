"""When a deadline approaches and when it has passed, also if nobody knows in which time zone its day is meant.

A day with a known zone begins and ends at midnight there. A day without one stays a day: warnings go out when it
begins anywhere on earth (UTC+14), and it has passed when it has ended everywhere (UTC-12).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from b40_contracts.events.values import DeadlineKind

WARNING_DAYS = 7
FIRST_ZONE = timezone(timedelta(hours=14))
LAST_ZONE = timezone(timedelta(hours=-12))


def is_zone(name: str) -> bool:
    """Whether the time zone database knows this name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def start_of(day: date, zone: str | None) -> datetime:
    """When a day begins in its zone; without a zone: when it begins anywhere on earth."""
    return datetime.combine(day, time(), ZoneInfo(zone) if zone else FIRST_ZONE).astimezone(UTC)


def end_of(day: date, zone: str | None) -> datetime:
    """When a day has ended in its zone; without a zone: when it has ended everywhere."""
    following = day + timedelta(days=1)
    return datetime.combine(following, time(), ZoneInfo(zone) if zone else LAST_ZONE).astimezone(UTC)


def passes_at(on: date | None, at: datetime | None, zone: str | None) -> datetime:
    """When a deadline has passed: the given moment, or the end of the given day."""
    if at is not None:
        return at
    assert on is not None, "a deadline is a day or a moment"
    return end_of(on, zone)


def approaches_at(on: date | None, at: datetime | None, zone: str | None) -> datetime:
    """When a deadline is to be announced as approaching: seven days before its moment, or as its day begins."""
    if at is not None:
        return at - timedelta(days=WARNING_DAYS)
    assert on is not None, "a deadline is a day or a moment"
    return start_of(on - timedelta(days=WARNING_DAYS), zone)


def day_of(moment: datetime, zone: str) -> date:
    """The day that it is at a moment in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def next_midnight(moment: datetime, zone: str) -> datetime:
    """The first midnight in a zone after a moment."""
    return end_of(day_of(moment, zone), zone)


class State(StrEnum):
    """What became of a deadline."""

    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    LIFTED = "lifted"
    PAST = "past"
    """It had passed before it was reported: nobody is warned, and nobody missed it."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A deadline: a day (with its zone, if known) or a moment, and what became of it."""

    deadline: str
    name: str
    kind: DeadlineKind
    concerns: str | None = None
    on: date | None = None
    at: datetime | None = None
    timezone: str | None = None
    state: State = State.OPEN

    @property
    def passes(self) -> datetime:
        """When it has passed."""
        return passes_at(self.on, self.at, self.timezone)

    @property
    def approaches(self) -> datetime:
        """When it is to be announced as approaching."""
        return approaches_at(self.on, self.at, self.timezone)


def is_price(deadline: Deadline) -> bool:
    """Whether it is the last day of a price tier."""
    return deadline.kind in ("order", "payment-receipt")


def holding(prices: Sequence[Deadline], moment: datetime) -> Deadline | None:
    """Of price tiers the one that holds at a moment: the first that has not passed."""
    return min((price for price in prices if price.passes >= moment), key=lambda price: price.passes, default=None)
