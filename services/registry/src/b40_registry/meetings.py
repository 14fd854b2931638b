"""Meetings: what is not acceptable, when one is over, and what a report brings that was not known."""

from dataclasses import dataclass
from datetime import datetime

from b40_contracts.event import Event
from b40_contracts.registry import Meeting, MeetingCancelled, MeetingHeld, MeetingReported, MeetingScheduled

from b40_registry import times
from b40_registry.objections import Objection
from b40_registry.parts import shared

ZONE_ONLINE = "UTC"
"""A meeting without a host city is held online; its days are those of UTC."""


@dataclass(frozen=True, slots=True)
class KnownMeeting:
    """A meeting as it is known: its description, and what was announced of it."""

    meeting: Meeting
    cancelled: bool
    held: bool


def meeting_of(report: MeetingReported) -> Meeting:
    """The meeting that a report describes."""
    return Meeting(**shared(Meeting, report))


def cities_named(meeting: Meeting) -> set[str]:
    """The cities that a description of a meeting names."""
    by_city = meeting.attendance.by_city if meeting.attendance else {}
    return {*by_city, *([meeting.host] if meeting.host else [])}


def ends(meeting: Meeting, zone: str) -> datetime:
    """The first moment after a meeting's last day, UTC."""
    return times.end_of(meeting.last_day, zone)


def objection(meeting: Meeting) -> Objection | None:
    """What is wrong with a description of a meeting; None if nothing is."""
    too_far = times.too_far("last_day", meeting.last_day)
    attendance = meeting.attendance
    if too_far is not None or attendance is None:
        return too_far
    persons, cities = sum(attendance.by_city.values()), len(attendance.by_city)
    if attendance.persons is not None and attendance.persons < persons:
        return Objection(
            "attendance-contradicts-itself", f"attendance.persons: by_city names {persons}, not {attendance.persons}"
        )
    if attendance.cities is not None and attendance.cities < cities:
        return Objection(
            "attendance-contradicts-itself", f"attendance.cities: by_city names {cities}, not {attendance.cities}"
        )
    return None


def news(known: KnownMeeting | None, meeting: Meeting, *, cancelled: bool, over: bool) -> Event | None:
    """What is announced when a meeting is described, given how it was known before and whether it is over."""
    same = known is not None and known.meeting == meeting
    if cancelled:
        was_cancelled = known is not None and known.cancelled
        return None if was_cancelled else MeetingCancelled(**shared(Meeting, meeting))
    if over:
        was_held = known is not None and known.held
        return None if was_held and same else held(meeting)
    planned_before = known is not None and not known.cancelled and not known.held
    if known is not None and planned_before and _plan(known.meeting) == _plan(meeting):
        return None
    return MeetingScheduled(**shared(Meeting, meeting))


def held(meeting: Meeting) -> MeetingHeld:
    """What is announced when a meeting is over."""
    return MeetingHeld(**shared(Meeting, meeting))


def _plan(meeting: Meeting) -> Meeting:
    return meeting.model_copy(update={"attendance": None, "source": None})
