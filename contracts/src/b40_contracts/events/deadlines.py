"""What events announces about deadlines: set, approaching, met, missed, lifted.

A day with a known zone ends at midnight there. A day without one stays a day: it approaches when it begins
anywhere on earth (UTC+14) and has passed when it has ended everywhere (UTC-12).
"""

from pydantic import Field

from b40_contracts.event import Event
from b40_contracts.events.values import DeadlineKind, Zone
from b40_contracts.values import Day, Instant, Slug, Text


class DeadlineSet(Event):
    """Something is due by a day or a moment, or its day was changed. A calendar entry follows."""

    type = "org.b40.events.deadline.set.v1"
    key = "deadline"
    deadline: Slug = Field(description="Identifier of the deadline.")
    name: Text = Field(description="What is due.")
    kind: DeadlineKind = Field(description="What kind of deadline it is.")
    concerns: Slug | None = Field(default=None, description="The tour, fair or meeting that it belongs to.")
    on: Day | None = Field(default=None, description="The last day, if only a day is known.")
    at: Instant | None = Field(default=None, description="The last moment, if it is known.")
    timezone: Zone | None = Field(default=None, description="Time zone of the day; None if unknown.")


class DeadlineApproaching(Event):
    """A deadline not met so far is seven days away, or fewer if it was set later."""

    type = "org.b40.events.deadline.approaching.v1"
    key = "deadline"
    deadline: Slug = Field(description="The deadline.")
    name: Text = Field(description="What is due.")
    kind: DeadlineKind = Field(description="What kind of deadline it is.")
    concerns: Slug | None = Field(default=None, description="The tour, fair or meeting that it belongs to.")
    on: Day | None = Field(default=None, description="The last day, if only a day is known.")
    at: Instant | None = Field(default=None, description="The last moment, if it is known.")


class DeadlineMet(Event):
    """What was due was done in time."""

    type = "org.b40.events.deadline.met.v1"
    key = "deadline"
    deadline: Slug = Field(description="The deadline.")
    name: Text = Field(description="What was due.")


class DeadlineMissed(Event):
    """A deadline passed and nobody had reported, by then, that what was due was done."""

    type = "org.b40.events.deadline.missed.v1"
    key = "deadline"
    deadline: Slug = Field(description="The deadline.")
    name: Text = Field(description="What was due.")
    kind: DeadlineKind = Field(description="What kind of deadline it is.")
    concerns: Slug | None = Field(default=None, description="The tour, fair or meeting that it belongs to.")
    on: Day | None = Field(default=None, description="The last day, if only a day was known.")
    at: Instant | None = Field(default=None, description="The last moment, if it was known.")


class DeadlineLifted(Event):
    """A deadline does not matter any more: an earlier price of the same fair was obtained, or its tier is gone."""

    type = "org.b40.events.deadline.lifted.v1"
    key = "deadline"
    deadline: Slug = Field(description="The deadline.")
    why: Text = Field(description="Why.")
