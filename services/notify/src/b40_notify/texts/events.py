"""Texts about what cities do together: tours, places, fairs, deadlines."""

from datetime import date, datetime

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

from b40_notify.texts.text import Reader, Text, day, moment, sentence, titled


def stop_invited(event: StopInvited, reader: Reader) -> Text:
    """A city is invited to a tour."""
    city, tour = reader.city(event.city), reader.name(event.names)
    return Text(
        f"{city} is invited: {tour}",
        (
            f"{city} is invited to {tour}. Please confirm by {day(event.confirm_by)}.",
            sentence(event.why),
        ),
    )


def stop_dated(event: StopDated, reader: Reader) -> Text:
    """A stop has its day."""
    city = reader.city(event.city)
    return Text(
        f"{titled(event.tour)}: {city} on {day(event.on)}",
        (f"The tour comes to {city} on {day(event.on)}.", sentence(event.why)),
    )


def stop_moved(event: StopMoved, reader: Reader) -> Text:
    """A stop has another day."""
    city = reader.city(event.city)
    return Text(
        f"{titled(event.tour)}: {city} moved to {day(event.on)}",
        (f"The tour comes to {city} on {day(event.on)}, not on {day(event.before)}.", sentence(event.why)),
    )


def stop_unschedulable(event: StopUnschedulable, reader: Reader) -> Text:
    """No day was found for a city."""
    city = reader.city(event.city)
    return Text(
        f"{titled(event.tour)}: no day found for {city}",
        (f"No day was found for {city}. Other days may help: please confirm again.", sentence(event.why)),
    )


def stop_withdrawn(event: StopWithdrawn, reader: Reader) -> Text:
    """A city no longer takes part."""
    city = reader.city(event.city)
    freed = (f"{day(event.on)} is free again; the other dates stay as they are.",) if event.on else ()
    return Text(
        f"{titled(event.tour)}: {city} withdrew",
        (f"{city} no longer takes part.", sentence(event.why), *freed),
    )


def line_up_incomplete(event: LineUpIncomplete, reader: Reader) -> Text:
    """A stop lacks an act."""
    city = reader.city(event.city)
    missing = " and ".join(f"a {kind} act" for kind in event.missing)
    when = f" on {day(event.on)}" if event.on else ""
    return Text(
        f"{titled(event.tour)}: {city} still needs {missing}", (f"The concert in {city}{when} still needs {missing}.",)
    )


def places_granted(event: PlacesGranted, reader: Reader) -> Text:
    """A city has places at a meeting."""
    city, summit = reader.city(event.city), reader.name(event.names)
    places = {0: "no place", 1: "one place"}.get(event.places, f"{event.places} places")
    return Text(f"{summit}: {places} for {city}", (f"{city} has {places} at {summit}.",))


def fair_announced(event: FairAnnounced, reader: Reader) -> Text:
    """A fair with its prices is known, or changed."""
    fair = reader.name(event.names)
    tiers = "\n".join(f"- {tier.name}: {_TIER[tier.kind]} by {day(tier.until)}" for tier in event.tiers)
    return Text(
        f"{fair}, {event.place}, {day(event.first_day)}",
        (
            f"{fair} is held in {event.place} from {day(event.first_day)} to {day(event.last_day)}.",
            *((f"Prices:\n{tiers}",) if tiers else ()),
        ),
    )


def plan_conflict_found(event: PlanConflictFound, _reader: Reader) -> Text:
    """A milestone lies behind the deadline that it depends on."""
    late = "one day" if event.days_late == 1 else f"{event.days_late} days"
    return Text(
        f"{titled(event.fair)}: the plan is {late} too late for {event.deadline_name}",
        (
            sentence(event.why),
            f"{event.milestone_name}: {day(event.milestone_on)}. "
            f"{event.deadline_name}: {_TIER[event.deadline_kind]} by {day(event.deadline_on)}.",
        ),
    )


def plan_conflict_resolved(event: PlanConflictResolved, _reader: Reader) -> Text:
    """A milestone is in time again."""
    return Text(
        f"{titled(event.fair)}: {titled(event.milestone)} is in time again",
        (f"{titled(event.milestone)} no longer lies behind the deadline of {titled(event.deadline)}.",),
    )


def deadline_approaching(event: DeadlineApproaching, _reader: Reader) -> Text:
    """A deadline is near."""
    return Text(
        f"Soon due: {event.name}, {_when(event.on, event.at)}",
        (f"{sentence(event.name)} Due: {_when(event.on, event.at)}.",),
    )


def deadline_missed(event: DeadlineMissed, _reader: Reader) -> Text:
    """A deadline passed."""
    return Text(
        f"Missed: {event.name}",
        (f"{sentence(event.name)} It was due {_when(event.on, event.at)}, and nobody reported that it was done.",),
    )


_TIER = {"order": "order", "payment-receipt": "payment received"}


def _when(on: date | None, at: datetime | None) -> str:
    if at is not None:
        return moment(at)
    return day(on) if on is not None else "without a day"
