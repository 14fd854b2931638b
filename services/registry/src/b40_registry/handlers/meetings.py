"""Meetings are scheduled, cancelled, held."""

from b40_chassis.hears import Due, Heard
from b40_chassis.work import Work
from b40_contracts.registry import CITIES, MeetingReported

from b40_registry import meetings
from b40_registry.hears import hears
from b40_registry.meetings import KnownMeeting
from b40_registry.store import cities as city_store
from b40_registry.store import meetings as store


@hears.each(MeetingReported)
async def describe_meeting(heard: Heard[MeetingReported], work: Work) -> None:
    """The last report holds, by its time; of the same time the one with the greater id."""
    meeting = meetings.meeting_of(heard.event)
    objection = meetings.objection(meeting)
    if objection is not None:
        work.refuse(heard, objection.reason, objection.detail)
        return
    missing = await city_store.first_unknown(work.connection, meetings.cities_named(meeting))
    if missing is not None:
        await work.wait_for(heard, CITIES, missing)
        return
    known, reported = await store.lock(work.connection, meeting.meeting) or (None, None)
    if reported is not None and reported > (heard.time, heard.id):
        return
    zone = await city_store.zone_of(work.connection, meeting.host) if meeting.host else None
    ends, cancelled = meetings.ends(meeting, zone or meetings.ZONE_ONLINE), heard.event.cancelled
    over = ends <= work.now
    after = KnownMeeting(meeting, cancelled=cancelled, held=over and not cancelled)
    await store.write(work.connection, after, ends, heard.time, heard.id)
    event = meetings.news(known, meeting, cancelled=cancelled, over=over)
    if event is not None:
        work.announce(event, cause=heard)


@hears.due("meeting over", store.ending)
async def note_that_a_meeting_was_held(due: Due, work: Work) -> None:
    """A meeting whose last day is over, and that nobody cancelled, was held."""
    meeting = await store.hold(work.connection, due.subject)
    if meeting is not None:
        work.announce(meetings.held(meeting), cause=due)
