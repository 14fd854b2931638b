"""Working groups: what is reported about them, and what is announced."""

from pydantic import Field

from b40_contracts.event import Event, Part
from b40_contracts.values import CityCode, Day, Names, Slug, Source


class Group(Part):
    """What describes a working group: the fields that a report and the announcements share."""

    group: Slug = Field(description="Identifier of the group, as ``smart-cities``.")
    names: Names = Field(description="Name of the group by language.")
    mandate: Names | None = Field(default=None, description="What the group is to do, by language.")
    coordinator: CityCode | None = Field(default=None, description="The city that coordinates it.")
    cities: tuple[CityCode, ...] = Field(default=(), max_length=500, description="Cities that take part, each once.")
    formed_on: Day = Field(description="Day on which the group was formed.")
    closed_on: Day | None = Field(default=None, description="First day on which the group no longer works.")
    source: Source = Field(description="The document that says so.")


class WorkingGroupReported(Group, Event):
    """A working group is described, whole. Said by the secretariat when a group is formed, changed or closed.

    The registry announces that it was formed, changed or closed. A later report takes the place of an earlier
    one; one that is older than the last changes nothing. It waits for cities without a profile.
    """

    type = "org.b40.registry.working-group.reported.v1"
    key = "group"


class WorkingGroupFormed(Group, Event):
    """A working group was formed. Said once, when it is first reported."""

    type = "org.b40.registry.working-group.formed.v1"
    key = "group"


class WorkingGroupChanged(Group, Event):
    """A working group's name, mandate, coordinator or cities changed. Carries the group as it is now."""

    type = "org.b40.registry.working-group.changed.v1"
    key = "group"


class WorkingGroupClosed(Group, Event):
    """A working group no longer works. Said when a report first names the day on which it closes."""

    type = "org.b40.registry.working-group.closed.v1"
    key = "group"
