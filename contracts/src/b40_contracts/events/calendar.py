"""The calendar as state: one entry per key, whole, for feeds and subscribers."""

from typing import Literal

from pydantic import Field

from b40_contracts.event import Event
from b40_contracts.events.values import Zone
from b40_contracts.values import CityCode, Day, Instant, Names, Slug, Text


class CalendarEntry(Event):
    """A calendar entry as it is now. A cancelled one stays, with a higher sequence, so that subscribers see it go."""

    type = "org.b40.events.calendar-entry.stated.v1"
    key = "entry"
    entry: Slug = Field(description="Identifier of the entry; does not change.")
    uid: Text = Field(description="iCalendar UID; does not change.")
    sequence: int = Field(ge=0, description="iCalendar SEQUENCE: rises with each change and with cancellation.")
    status: Literal["CONFIRMED", "CANCELLED"] = Field(description="iCalendar STATUS.")
    summaries: Names = Field(description="What it is, by language.")
    first_day: Day | None = Field(default=None, description="First day, of an entry of whole days.")
    last_day: Day | None = Field(default=None, description="Last day, included, of an entry of whole days.")
    at: Instant | None = Field(default=None, description="The moment, of an entry that is a moment.")
    timezone: Zone | None = Field(default=None, description="Time zone of the days, if known.")
    place: Text | None = Field(default=None, description="Where, in words.")
    city: CityCode | None = Field(default=None, description="Member city where it takes place, if any.")
    latitude: float | None = Field(default=None, ge=-90, le=90, description="Degrees north.")
    longitude: float | None = Field(default=None, ge=-180, le=180, description="Degrees east.")
    category: Literal["concert", "deadline", "fair", "meeting", "decision"] = Field(description="What kind of entry.")
    concerns: Slug | None = Field(default=None, description="The tour, fair or meeting that it belongs to.")
    changed: Instant = Field(description="When it last changed, in business time.")
