"""Meetings: when one is over, and what a report brings."""

from datetime import UTC, date, datetime

import pytest
from b40_contracts.registry import Attendance, MeetingCancelled, MeetingHeld, MeetingReported, MeetingScheduled
from b40_contracts.values import Source
from b40_registry import meetings
from b40_registry.meetings import KnownMeeting
from pydantic import ValidationError

from tests.registry.given import MINUTES, meeting

ATTENDANCE = Attendance(persons=40, cities=20, source=MINUTES)


def planned(report: MeetingReported) -> KnownMeeting:
    return KnownMeeting(meetings.meeting_of(report), cancelled=False, held=False)


def held(report: MeetingReported) -> KnownMeeting:
    return KnownMeeting(meetings.meeting_of(report), cancelled=False, held=True)


def news(known: KnownMeeting | None, report: MeetingReported, *, over: bool = False) -> type | None:
    event = meetings.news(known, meetings.meeting_of(report), cancelled=report.cancelled, over=over)
    return None if event is None else type(event)


def test_a_meeting_is_over_when_its_last_day_ends_where_it_is_hosted() -> None:
    ends = meetings.ends(meetings.meeting_of(meeting()), "Europe/Istanbul")
    assert ends == datetime(2022, 6, 25, 21, tzinfo=UTC)


def test_a_meeting_to_come_is_scheduled_when_it_is_first_reported() -> None:
    assert news(None, meeting()) is MeetingScheduled


@pytest.mark.parametrize("changed", [{"last_day": date(2022, 6, 26)}, {"place": "Online"}, {"agenda": ("WOMEX",)}])
def test_a_meeting_is_scheduled_again_when_its_plan_changes(changed: dict[str, object]) -> None:
    assert news(planned(meeting()), meeting(**changed)) is MeetingScheduled


def test_what_is_known_brings_nothing_new() -> None:
    assert news(planned(meeting()), meeting()) is None
    assert news(planned(meeting()), meeting(source=Source(title="A page"))) is None
    assert news(held(meeting()), meeting(), over=True) is None


def test_attendance_that_is_announced_beforehand_waits_for_the_meeting() -> None:
    assert news(planned(meeting()), meeting(attendance=ATTENDANCE)) is None


def test_a_meeting_reported_after_its_last_day_was_held() -> None:
    assert news(None, meeting(), over=True) is MeetingHeld


def test_a_meeting_that_was_held_says_so_again_when_its_attendance_becomes_known() -> None:
    event = meetings.news(
        held(meeting()), meetings.meeting_of(meeting(attendance=ATTENDANCE)), cancelled=False, over=True
    )
    assert isinstance(event, MeetingHeld)
    assert event.attendance == ATTENDANCE


def test_a_meeting_is_cancelled_once_and_can_be_planned_again() -> None:
    cancelled = KnownMeeting(meetings.meeting_of(meeting()), cancelled=True, held=False)
    assert news(planned(meeting()), meeting(cancelled=True)) is MeetingCancelled
    assert news(cancelled, meeting(cancelled=True)) is None
    assert news(cancelled, meeting()) is MeetingScheduled


def test_a_meeting_moved_to_a_day_to_come_is_scheduled_again() -> None:
    assert news(held(meeting()), meeting(last_day=date(2022, 9, 1))) is MeetingScheduled


def test_attendance_may_say_less_than_counts_but_not_more() -> None:
    """A document may count 40 persons and name two cities; it may not name more than it counts."""
    some = Attendance(persons=40, cities=20, by_city={"TRIST": 3, "BGSOF": 2}, source=MINUTES)
    assert meetings.objection(meetings.meeting_of(meeting(attendance=some))) is None
    for changed in ({"persons": 4}, {"cities": 1}):
        objection = meetings.objection(meetings.meeting_of(meeting(attendance=some.model_copy(update=changed))))
        assert objection is not None
        assert objection.reason == "attendance-contradicts-itself"


def test_a_meeting_in_a_year_that_can_only_be_a_typing_error_is_refused() -> None:
    objection = meetings.objection(meetings.meeting_of(meeting(last_day=date(9022, 6, 25))))
    assert objection is not None
    assert objection.reason == "too-far-ahead"


def test_a_meeting_that_ends_before_it_begins_is_not_well_formed() -> None:
    with pytest.raises(ValidationError, match="last_day must not be before first_day"):
        meeting(last_day=date(2022, 6, 19))


def test_a_meeting_names_its_host_and_the_cities_that_came() -> None:
    came = Attendance(by_city={"BGSOF": 2}, source=MINUTES)
    assert meetings.cities_named(meetings.meeting_of(meeting(attendance=came))) == {"BGSOF", "TRIST"}
    assert meetings.cities_named(meetings.meeting_of(meeting(host=None))) == set()
