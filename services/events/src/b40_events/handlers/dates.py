"""Dates of a tour: when they are to be decided, what they rest on, and what follows when a decision is read back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from b40_chassis import decisions
from b40_chassis.hears import Cause, Due, Heard
from b40_chassis.work import Work
from b40_contracts.events import StopDated, StopMoved, StopUnschedulable, TourChange, TourDecided

from b40_events.city import City
from b40_events.deadline import WARNING_DAYS, day_of, next_midnight, start_of
from b40_events.entries import concert_id, of_concert
from b40_events.handlers import calendar, gates
from b40_events.hears import hears
from b40_events.stop import Status, Stop, decided
from b40_events.store import cities as city_store
from b40_events.store import stops as stop_store
from b40_events.store import tours as store
from b40_events.store.tours import KnownTour
from b40_events.tour import StopToDate, TourToDecide, Withdrawal
from b40_events.workers.dates import DecideDates

KIND = "tour"
"""Kind of these decisions; their subject is the tour."""


async def plan(work: Work, cause: Cause, tour: KnownTour) -> None:
    """Set when the dates of a tour are to be decided, if there is anything to decide.

    First when the dates gate opens; after that at the midnight after the change, so that the changes of a day are
    decided together. While a decision is on its way nothing is set: that is done when it is read back.
    """
    slug = tour.report.tour
    known = await store.lock_plan(work.connection, slug)
    if known.solving:
        return
    stops = await stop_store.of_tour(work.connection, slug)
    if not any(stop.needs_decision for stop in stops.values()):
        await store.decide_at(work.connection, slug, None)
        return
    opens = start_of(tour.report.dates_confirmed_by, tour.zone)
    if known.due is None:
        due = opens if cause.time < opens else next_midnight(cause.time, tour.zone)
    else:
        due = next_midnight(max(cause.time, known.due), tour.zone)
    if known.next_due is None or due < known.next_due:
        await store.decide_at(work.connection, slug, due)


@hears.due("tour dates", store.decisions_due)
async def have_dates_decided(due: Due, work: Work) -> None:
    """The day has come: a worker works the dates out."""
    tour = await store.lock(work.connection, due.subject)
    assert tour is not None, "only a reported tour is planned"
    await store.lock_plan(work.connection, due.subject)
    number = await decisions.next_number(work.connection, KIND, due.subject, due.time)
    if number is None:
        await store.decide_at(work.connection, due.subject, None)
        return
    await store.set_solving(work.connection, due.subject, solving=True)
    work.assign(DecideDates(tour=await _to_decide(work, due, tour, number)), cause=due)


async def _to_decide(work: Work, due: Due, tour: KnownTour, number: int) -> TourToDecide:
    report = tour.report
    stops = await stop_store.of_tour(work.connection, report.tour)
    cities = await city_store.find(work.connection, [report.start, *report.cities, *stops])
    return TourToDecide(
        tour=report.tour,
        number=number,
        due=due.time,
        start=report.start,
        listed=report.cities,
        names={code: city.name for code, city in cities.items()},
        places={code: city.place for code, city in cities.items()},
        earliest=max(report.first_concert, day_of(due.time, tour.zone) + timedelta(days=1)),
        last=report.last_concert,
        rest_days=report.rest_days,
        stops=tuple(
            StopToDate(
                city=stop.city,
                windows=() if stop.status is Status.PLAYED else stop.windows,
                on=stop.on,
                told=stop.status is Status.UNSCHEDULABLE,
            )
            for stop in stops.values()
            if stop.takes_part or stop.status is Status.UNSCHEDULABLE
        ),
        withdrawals=tuple(
            Withdrawal(city=stop.city, on=stop.on, why=stop.why or "It withdrew.")
            for stop in stops.values()
            if stop.status is Status.WITHDRAWN and stop.on is not None
        ),
    )


@hears.each(TourDecided)
async def put_dates_into_effect(heard: Heard[TourDecided], work: Work) -> None:
    """A decision counts if its number is the next; a stop that nobody knows yet is entered from it."""
    decision = heard.event
    tour = await store.lock(work.connection, decision.tour)
    await store.lock_plan(work.connection, decision.tour)
    await store.set_solving(work.connection, decision.tour, solving=False)
    if await decisions.counts(work.connection, KIND, decision.tour, decision.number, decision.due):
        known = await stop_store.of_tour(work.connection, decision.tour)
        stops = {change.city: _after(known, decision.tour, change) for change in decision.changes}
        again = [replace(stop, asked_again=False) for city, stop in known.items() if city not in stops]
        await stop_store.keep(work.connection, [*again, *stops.values()])
        await store.keep_decision(work.connection, decision)
        for change in decision.changes:
            _tell(work, heard, change, stops[change.city])
        if tour is not None:
            await enter_concerts(work, heard, tour, stops)
        await gates.pass_gates(work, heard, decision.tour)
    if tour is not None:
        await plan(work, heard, tour)


def _after(known: Mapping[str, Stop], tour: str, change: TourChange) -> Stop:
    stop = known.get(change.city) or Stop(tour, change.city, Status.CONFIRMED)
    return decided(stop, change)


def _tell(work: Work, cause: Heard[TourDecided], change: TourChange, stop: Stop) -> None:
    tour, city, why = stop.tour, stop.city, change.why
    if stop.status is Status.DATED and stop.on is not None and stop.on == change.on:
        if change.kind == "moved" and change.before is not None:
            moved = StopMoved(tour=tour, city=city, on=stop.on, before=change.before, why=why)
            work.announce(moved, cause=cause)
        else:
            work.announce(StopDated(tour=tour, city=city, on=stop.on, why=why), cause=cause)
    elif stop.status is Status.UNSCHEDULABLE:
        work.announce(StopUnschedulable(tour=tour, city=city, why=why), cause=cause)


async def enter_concerts(work: Work, cause: Cause, tour: KnownTour, stops: Mapping[str, Stop]) -> None:
    """Put dated stops into the calendar, take others out, and have their line-ups looked at a week before."""
    cities = await city_store.find(work.connection, list(stops))
    for stop in stops.values():
        if stop.status is Status.DATED and stop.on is not None and stop.city in cities:
            await _enter_concert(work, cause, tour, stop, cities[stop.city])
        elif stop.status is not Status.PLAYED:
            await leave_calendar(work, cause, stop)


async def _enter_concert(work: Work, cause: Cause, tour: KnownTour, stop: Stop, city: City) -> None:
    assert stop.on is not None, "a dated stop has a day"
    entry = of_concert(stop.tour, tour.report.names, city, stop.on)
    await calendar.enter(work, cause, entry)
    if stop.missing:
        look = start_of(stop.on - timedelta(days=WARNING_DAYS), city.timezone)
        await stop_store.check_line_up_at(work.connection, stop.tour, stop.city, look)


async def leave_calendar(work: Work, cause: Cause, stop: Stop) -> None:
    """A stop without a day is not in the calendar, and nobody looks at its line-up."""
    await calendar.cancel(work, cause, concert_id(stop.tour, stop.city))
    await stop_store.check_line_up_at(work.connection, stop.tour, stop.city, None)
