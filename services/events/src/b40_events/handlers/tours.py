"""A tour is announced: its cities are invited, its gates become deadlines."""

from collections.abc import Sequence
from datetime import date

from b40_chassis.hears import Cause, Heard
from b40_chassis.work import Work
from b40_contracts.events import StopInvited, TourAnnounced, TourAnnouncementReported
from b40_contracts.events.values import Gate
from b40_contracts.registry import CITIES

from b40_events.deadline import day_of, start_of
from b40_events.handlers import dates, deadlines
from b40_events.hears import hears
from b40_events.store import cities as city_store
from b40_events.store import stops as stop_store
from b40_events.store import tours as store
from b40_events.store.tours import KnownTour

LISTED = "It is listed by the tour."


@hears.each(TourAnnouncementReported)
async def announce_tour(heard: Heard[TourAnnouncementReported], work: Work) -> None:
    """A tour is entered once; another one with its name is refused."""
    report = heard.event
    known = await store.lock(work.connection, report.tour)
    if known is not None:
        if known.report != report:
            work.refuse(heard, "tour-known", f"tour: {report.tour!r} was announced with other content")
        return
    cities = await city_store.find(work.connection, [report.start, *report.cities])
    unknown = sorted({report.start, *report.cities} - cities.keys())
    if unknown:
        await work.wait_for(heard, CITIES, unknown[0])
        return
    tour = KnownTour(report, cities[report.start].timezone, heard.time)
    await store.enter(work.connection, report, tour.zone, heard.time)
    work.announce(TourAnnounced(**report.model_dump(exclude={"source"})), cause=heard)
    await _set_gates(work, heard, tour)
    joined = await city_store.members_since(work.connection, day_of(heard.time, tour.zone))
    await invite(work, heard, tour, report.cities, LISTED)
    await invite(work, heard, tour, [city for city in joined if city != report.start], joined_since(tour))
    decided_before = await stop_store.of_tour(work.connection, report.tour)
    await dates.enter_concerts(work, heard, tour, decided_before)
    await dates.plan(work, heard, tour)


async def invite(work: Work, cause: Cause, tour: KnownTour, cities: Sequence[str], why: str) -> None:
    """Invite cities that are not stops of the tour already."""
    report = tour.report
    for city in await stop_store.invite(work.connection, report.tour, cities):
        invitation = StopInvited(
            tour=report.tour, city=city, names=report.names, confirm_by=report.cities_confirmed_by, why=why
        )
        work.announce(invitation, cause=cause)


def joined_since(tour: KnownTour) -> str:
    """Why a city is invited that became a member while a tour is running."""
    return f"It joined the network after {day_of(tour.announced, tour.zone)}, when the tour was announced."


async def _set_gates(work: Work, cause: Cause, tour: KnownTour) -> None:
    report = tour.report
    name = report.names.get("en") or next(iter(report.names.values()))
    gates: tuple[tuple[Gate, date, str], ...] = (
        ("cities", report.cities_confirmed_by, "cities confirmed"),
        ("dates", report.dates_confirmed_by, "dates confirmed"),
        ("concerts", report.first_concert, "first concert"),
    )
    for gate, planned, what in gates:
        await store.set_gate(work.connection, report.tour, gate, planned, start_of(planned, tour.zone))
        await deadlines.put_gate(work, cause, report.tour, gate, f"{name}: {what}", planned, tour.zone)
