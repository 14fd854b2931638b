"""What events announces, and who is told."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.events import (
    DeadlineApproaching,
    DeadlineMissed,
    FairAnnounced,
    LineUpIncomplete,
    PlacesGranted,
    PlanConflictFound,
    PlanConflictResolved,
    StopDated,
    StopInvited,
    StopMoved,
    StopUnschedulable,
    StopWithdrawn,
)
from b40_contracts.notify import Subject

from b40_notify.handlers.telling import tell_all, tell_cities
from b40_notify.hears import hears
from b40_notify.texts import events as texts


@hears.each(StopInvited)
async def tell_city_of_invitation(heard: Heard[StopInvited], work: Work) -> None:
    """The invited city is told."""
    await tell_cities(heard, work, Subject.TOURS, texts.stop_invited, heard.event.city)


@hears.each(StopDated)
async def tell_city_of_date(heard: Heard[StopDated], work: Work) -> None:
    """The city of the stop is told."""
    await tell_cities(heard, work, Subject.TOURS, texts.stop_dated, heard.event.city)


@hears.each(StopMoved)
async def tell_city_of_new_date(heard: Heard[StopMoved], work: Work) -> None:
    """The city of the stop is told."""
    await tell_cities(heard, work, Subject.TOURS, texts.stop_moved, heard.event.city)


@hears.each(StopUnschedulable)
async def tell_city_that_no_day_was_found(heard: Heard[StopUnschedulable], work: Work) -> None:
    """The city is told; other days may help."""
    await tell_cities(heard, work, Subject.TOURS, texts.stop_unschedulable, heard.event.city)


@hears.each(StopWithdrawn)
async def tell_all_of_withdrawal(heard: Heard[StopWithdrawn], work: Work) -> None:
    """All are told: acts and neighbours may have counted on the stop."""
    await tell_all(heard, work, Subject.TOURS, texts.stop_withdrawn)


@hears.each(LineUpIncomplete)
async def tell_city_what_its_concert_needs(heard: Heard[LineUpIncomplete], work: Work) -> None:
    """The city of the stop is told."""
    await tell_cities(heard, work, Subject.TOURS, texts.line_up_incomplete, heard.event.city)


@hears.each(PlacesGranted)
async def tell_city_of_its_places(heard: Heard[PlacesGranted], work: Work) -> None:
    """The city is told."""
    await tell_cities(heard, work, Subject.ALLOCATIONS, texts.places_granted, heard.event.city)


@hears.each(FairAnnounced)
async def tell_of_fair(heard: Heard[FairAnnounced], work: Work) -> None:
    """All are told."""
    await tell_all(heard, work, Subject.FAIRS, texts.fair_announced)


@hears.each(PlanConflictFound)
async def tell_of_conflict(heard: Heard[PlanConflictFound], work: Work) -> None:
    """All are told."""
    await tell_all(heard, work, Subject.CONFLICTS, texts.plan_conflict_found)


@hears.each(PlanConflictResolved)
async def tell_of_resolved_conflict(heard: Heard[PlanConflictResolved], work: Work) -> None:
    """All are told."""
    await tell_all(heard, work, Subject.CONFLICTS, texts.plan_conflict_resolved)


@hears.each(DeadlineApproaching)
async def remind_of_deadline(heard: Heard[DeadlineApproaching], work: Work) -> None:
    """All are told."""
    await tell_all(heard, work, Subject.DEADLINES, texts.deadline_approaching)


@hears.each(DeadlineMissed)
async def tell_of_missed_deadline(heard: Heard[DeadlineMissed], work: Work) -> None:
    """All are told."""
    await tell_all(heard, work, Subject.DEADLINES, texts.deadline_missed)
