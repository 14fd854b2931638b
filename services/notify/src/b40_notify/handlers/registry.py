"""What the registry announces, and who is told."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.notify import Subject
from b40_contracts.registry import (
    CityAdmitted,
    CityLeft,
    CitySigned,
    DecisionDue,
    DecisionFulfilled,
    DecisionLapsed,
    DecisionTaken,
    MeetingCancelled,
    MeetingScheduled,
    WorkingGroupClosed,
    WorkingGroupFormed,
)

from b40_notify.handlers.telling import tell_all, tell_cities
from b40_notify.hears import hears
from b40_notify.texts import registry as texts


@hears.each(CitySigned)
async def tell_that_city_signed(heard: Heard[CitySigned], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.MEMBERSHIP, texts.city_signed)


@hears.each(CityAdmitted)
async def tell_that_city_joined(heard: Heard[CityAdmitted], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.MEMBERSHIP, texts.city_admitted)


@hears.each(CityLeft)
async def tell_that_city_left(heard: Heard[CityLeft], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.MEMBERSHIP, texts.city_left)


@hears.each(WorkingGroupFormed)
async def tell_of_new_group(heard: Heard[WorkingGroupFormed], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.GROUPS, texts.group_formed)


@hears.each(WorkingGroupClosed)
async def tell_of_closed_group(heard: Heard[WorkingGroupClosed], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.GROUPS, texts.group_closed)


@hears.each(MeetingScheduled)
async def tell_of_meeting(heard: Heard[MeetingScheduled], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.MEETINGS, texts.meeting_scheduled)


@hears.each(MeetingCancelled)
async def tell_of_cancelled_meeting(heard: Heard[MeetingCancelled], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.MEETINGS, texts.meeting_cancelled)


@hears.each(DecisionTaken)
async def tell_of_decision(heard: Heard[DecisionTaken], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.DECISIONS, texts.decision_taken)


@hears.each(DecisionDue)
async def remind_owner_of_decision(heard: Heard[DecisionDue], work: Work) -> None:
    """The city that owes it is reminded; of a working group's decision all are."""
    owner = heard.event.owner.city
    if owner is None:
        await tell_all(heard, work, Subject.DECISIONS, texts.decision_due)
    else:
        await tell_cities(heard, work, Subject.DECISIONS, texts.decision_due, owner)


@hears.each(DecisionFulfilled)
async def tell_of_fulfilled_decision(heard: Heard[DecisionFulfilled], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.DECISIONS, texts.decision_fulfilled)


@hears.each(DecisionLapsed)
async def tell_of_lapsed_decision(heard: Heard[DecisionLapsed], work: Work) -> None:
    """The whole network is told."""
    await tell_all(heard, work, Subject.DECISIONS, texts.decision_lapsed)
