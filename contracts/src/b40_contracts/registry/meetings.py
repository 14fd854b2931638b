"""Meetings and workshops: what is reported about them, and what is announced."""

from pydantic import Field, NonNegativeInt, model_validator

from b40_contracts.event import Event, Part
from b40_contracts.values import CityCode, Day, Names, Slug, Source, Text


class Attendance(Part):
    """Who came. A document often gives only counts; where it names cities, ``by_city`` says how many came from each."""

    persons: int | None = Field(default=None, ge=0, le=100_000, description="Number of persons who came.")
    cities: int | None = Field(default=None, ge=0, le=1_000, description="Number of cities they came from.")
    by_city: dict[CityCode, NonNegativeInt] = Field(
        default_factory=dict, max_length=1_000, description="Number of persons by city, of the cities that are named."
    )
    source: Source = Field(description="The document that says so.")


class Meeting(Part):
    """What describes a meeting: the fields that a report and the announcements share."""

    meeting: Slug = Field(description="Identifier of the meeting, as ``istanbul-workshops-2022-06``.")
    names: Names = Field(description="Name of the meeting by language.")
    groups: tuple[Slug, ...] = Field(
        default=(), max_length=50, description="Working groups that meet; empty for a summit. May be reported later."
    )
    first_day: Day = Field(description="First day, in the host city's time zone.")
    last_day: Day = Field(description="Last day; the same as the first for a meeting of one day.")
    host: CityCode | None = Field(default=None, description="The city that hosts it; absent for one held online.")
    place: Text | None = Field(default=None, description="Where in the city, or where online.")
    agenda: tuple[Text, ...] = Field(default=(), max_length=200, description="Items of the agenda, in their order.")
    attendance: Attendance | None = Field(default=None, description="Who came, once it is known.")
    source: Source = Field(description="The document that says so.")

    @model_validator(mode="after")
    def _days_in_order(self) -> "Meeting":
        if self.last_day < self.first_day:
            raise ValueError("last_day must not be before first_day")
        return self


class MeetingReported(Meeting, Event):
    """A meeting is described, whole: planned, moved, cancelled, or with the attendance of one that was held.

    The registry announces it as scheduled, cancelled or held. A later report takes the place of an earlier
    one; one that is older than the last changes nothing. It waits for cities without a profile.
    """

    type = "org.b40.registry.meeting.reported.v1"
    key = "meeting"
    cancelled: bool = Field(default=False, description="True if it will not be held.")


class MeetingScheduled(Meeting, Event):
    """A meeting is planned. Said when it is first reported, and again when its plan changes: the last holds."""

    type = "org.b40.registry.meeting.scheduled.v1"
    key = "meeting"


class MeetingCancelled(Meeting, Event):
    """A meeting that was planned will not be held."""

    type = "org.b40.registry.meeting.cancelled.v1"
    key = "meeting"


class MeetingHeld(Meeting, Event):
    """A meeting was held. Said when its last day is over, and again when its attendance becomes known or changes."""

    type = "org.b40.registry.meeting.held.v1"
    key = "meeting"
