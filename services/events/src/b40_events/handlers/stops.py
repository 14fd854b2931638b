"""Stops of a tour: cities confirm or withdraw, tell who plays, and the concert takes place."""

from dataclasses import replace
from typing import Any

from b40_chassis.hears import Cause, Due, Heard
from b40_chassis.work import Work
from b40_contracts.events import (
    LineUpCompleted,
    LineUpIncomplete,
    LineUpReported,
    StopConfirmationReported,
    StopConfirmed,
    StopPlayed,
    StopPlayReported,
    StopWithdrawalReported,
    StopWithdrawn,
)
from b40_contracts.registry import CITIES

from b40_events.city import City
from b40_events.deadline import start_of
from b40_events.handlers import dates, gates
from b40_events.hears import hears
from b40_events.stop import Status, Stop, confirmed
from b40_events.store import cities as city_store
from b40_events.store import stops as store
from b40_events.store import tours as tour_store
from b40_events.store.tours import KnownTour


@hears.each(StopConfirmationReported)
async def confirm_stop(heard: Heard[StopConfirmationReported], work: Work) -> None:
    """A listed city, or any member, takes part; with other windows it may ask for another day."""
    report = heard.event
    tour = await _tour(heard, work)
    if tour is None:
        return
    city = (await city_store.find(work.connection, [report.city])).get(report.city)
    if city is None:
        await work.wait_for(heard, CITIES, report.city)
        return
    stop = await store.find(work.connection, report.tour, report.city)
    objection = _objection(tour, city, stop)
    if objection is not None:
        work.refuse(heard, *objection)
        return
    plan = await tour_store.lock_plan(work.connection, report.tour)
    before = stop or Stop(report.tour, report.city, Status.INVITED)
    after = confirmed(before, report.windows, while_deciding=plan.solving)
    if stop is not None and stop.takes_part and stop.windows == after.windows:
        return
    await store.keep(work.connection, [after])
    late = heard.time >= start_of(tour.report.dates_confirmed_by, tour.zone)
    work.announce(StopConfirmed(tour=report.tour, city=report.city, windows=report.windows, late=late), cause=heard)
    await dates.enter_concerts(work, heard, tour, {after.city: after})
    await gates.pass_gates(work, heard, report.tour)
    await dates.plan(work, heard, tour)


def _objection(tour: KnownTour, city: City, stop: Stop | None) -> tuple[str, str] | None:
    """Why a city cannot confirm: a short code and a sentence, or None."""
    if city.code == tour.report.start:
        return "start-city", f"city: the tour starts from {city.code!r}; it is not a stop"
    if city.status == "left" or (not city.is_member and city.code not in tour.report.cities):
        return "not-a-member", f"city: {city.code!r} is not a member of the network, and the tour does not list it"
    if stop is not None and stop.status is Status.PLAYED:
        return "played", f"city: the concert of {city.code!r} took place already"
    return None


@hears.each(StopWithdrawalReported)
async def withdraw_stop(heard: Heard[StopWithdrawalReported], work: Work) -> None:
    """A stop that was played stays; the same withdrawal again is nothing."""
    report = heard.event
    found = await _tour_and_stop(heard, work)
    if found is None:
        return
    tour, stop = found
    if stop.status is Status.PLAYED:
        work.refuse(heard, "played", f"city: the concert of {report.city!r} took place already")
    elif stop.status is not Status.WITHDRAWN:
        await withdraw(work, heard, tour, stop, report.why)


async def withdraw(work: Work, cause: Cause, tour: KnownTour, stop: Stop, why: str) -> None:
    """Take a stop out of a tour. The others keep their days; the next decision says what became of its own."""
    gone = replace(stop, status=Status.WITHDRAWN, why=why)
    await store.keep(work.connection, [gone])
    work.announce(StopWithdrawn(tour=stop.tour, city=stop.city, on=stop.on, why=why), cause=cause)
    await dates.leave_calendar(work, cause, gone)
    await dates.plan(work, cause, tour)


@hears.each(LineUpReported)
async def take_down_line_up(heard: Heard[LineUpReported], work: Work) -> None:
    """At least one local and one guest act must play."""
    report = heard.event
    found = await _tour_and_stop(heard, work)
    if found is None or found[1].acts == report.acts:
        return
    after = replace(found[1], acts=report.acts)
    await store.keep(work.connection, [after])
    if after.missing:
        work.announce(
            LineUpIncomplete(tour=after.tour, city=after.city, missing=after.missing, on=after.on), cause=heard
        )
    else:
        await store.check_line_up_at(work.connection, after.tour, after.city, None)
        work.announce(LineUpCompleted(tour=after.tour, city=after.city, acts=after.acts), cause=heard)
    await gates.pass_gates(work, heard, after.tour)


@hears.due("line-up", store.line_ups_due)
async def ask_for_line_up(due: Due, work: Work) -> None:
    """The day of a stop is near: if its line-up lacks something, it is asked for."""
    tour, _, city = due.subject.partition("/")
    stop = await store.find(work.connection, tour, city)
    assert stop is not None, "what is due was read"
    await store.check_line_up_at(work.connection, tour, city, None)
    if stop.missing:
        work.announce(LineUpIncomplete(tour=tour, city=city, missing=stop.missing, on=stop.on), cause=due)


@hears.each(StopPlayReported)
async def take_down_concert(heard: Heard[StopPlayReported], work: Work) -> None:
    """A concert takes place on the day of its stop, after the concerts gate."""
    report = heard.event
    found = await _tour_and_stop(heard, work)
    if found is None or found[1].status is Status.PLAYED:
        return
    _, stop = found
    city = (await city_store.find(work.connection, [report.city]))[report.city]
    if stop.status is not Status.DATED or stop.on != report.on:
        work.refuse(heard, "not-its-day", f"on: {report.on} is not the day of {report.city!r}; it is {stop.on}")
    elif heard.time < start_of(report.on, city.timezone):
        work.refuse(heard, "in-the-future", f"on: {report.on} had not begun at {heard.time.isoformat()}")
    elif not await gates.is_passed(work, report.tour, "concerts"):
        work.refuse(heard, "gate-closed", "tour: the concerts gate is not passed; no line-up is complete")
    else:
        await store.played(work.connection, report.tour, report.city, report.visitors)
        work.announce(
            StopPlayed(tour=report.tour, city=report.city, on=report.on, visitors=report.visitors), cause=heard
        )


async def _tour(heard: Heard[Any], work: Work) -> KnownTour | None:
    """The tour that a report names, locked; if there is none the report is refused."""
    tour = await tour_store.lock(work.connection, heard.event.tour)
    if tour is None:
        work.refuse(heard, "unknown-tour", f"tour: there is no tour {heard.event.tour!r}")
    return tour


async def _tour_and_stop(heard: Heard[Any], work: Work) -> tuple[KnownTour, Stop] | None:
    """The tour and stop that a report names, locked; if there is none the report is refused."""
    tour = await _tour(heard, work)
    if tour is None:
        return None
    stop = await store.find(work.connection, heard.event.tour, heard.event.city)
    if stop is None:
        work.refuse(heard, "unknown-stop", f"city: {heard.event.city!r} is not a stop of {heard.event.tour!r}")
        return None
    return tour, stop
