"""Working groups: what is not acceptable, and what a report brings that was not known."""

from b40_contracts.event import Event
from b40_contracts.registry import (
    Group,
    WorkingGroupChanged,
    WorkingGroupClosed,
    WorkingGroupFormed,
    WorkingGroupReported,
)

from b40_registry.objections import Objection
from b40_registry.parts import shared


def group_of(report: WorkingGroupReported) -> Group:
    """The group that a report describes."""
    return Group(**shared(Group, report))


def cities_named(group: Group) -> set[str]:
    """The cities that a description of a group names."""
    return {*group.cities, *([group.coordinator] if group.coordinator else [])}


def objection(group: Group) -> Objection | None:
    """What is wrong with a description of a group; None if nothing is."""
    if len(set(group.cities)) != len(group.cities):
        return Objection("city-twice", "cities: each city takes part once")
    if group.closed_on is not None and group.closed_on < group.formed_on:
        return Objection("closed-before-formed", f"closed_on: {group.closed_on} is before {group.formed_on}")
    return None


def news(known: Group | None, group: Group) -> list[Event]:
    """What is announced when a group is described, given how it was known before."""
    closes = group.closed_on is not None and (known is None or known.closed_on is None)
    if known is None:
        changed: list[Event] = [WorkingGroupFormed(**shared(Group, group))]
    elif _but_for_closing(known) != _but_for_closing(group) or (known.closed_on != group.closed_on and not closes):
        changed = [WorkingGroupChanged(**shared(Group, group))]
    else:
        changed = []
    return [*changed, WorkingGroupClosed(**shared(Group, group))] if closes else changed


def _but_for_closing(group: Group) -> Group:
    return group.model_copy(update={"closed_on": None, "source": None})
