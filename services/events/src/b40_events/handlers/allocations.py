"""Places of a meeting are simulated by every method, adopted as a decision, and granted when it is read back."""

from b40_chassis import decisions
from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.events import (
    AllocationAdopted,
    AllocationAdoptionReported,
    AllocationSimulated,
    PlacesGranted,
    PlacesReported,
)
from b40_contracts.registry import CITIES

from b40_events.apportionment import METHODS, TIE_RULE, Sharing, digest, side_by_side
from b40_events.entries import of_meeting
from b40_events.handlers import calendar
from b40_events.hears import hears
from b40_events.store import allocations as store
from b40_events.store import cities as city_store

KIND = "allocation"
"""Kind of these decisions; their subject is the meeting."""


@hears.each(PlacesReported)
async def simulate(heard: Heard[PlacesReported], work: Work) -> None:
    """All methods side by side, before anyone decides; after the decision nothing is shared anew."""
    report = heard.event
    codes = {report.host, *(weight.city for weight in report.cities)}
    cities = await city_store.find(work.connection, sorted(codes))
    if codes - cities.keys():
        await work.wait_for(heard, CITIES, min(codes - cities.keys()))
        return
    known = await store.lock(work.connection, report.summit)
    if known == report:
        return
    adopted = await store.adopted_at(work.connection, report.summit)
    if adopted is not None and heard.time > adopted:
        work.refuse(heard, "adopted", f"summit: the places of {report.summit!r} are decided since {adopted}")
        return
    simulated = AllocationSimulated(
        summit=report.summit,
        names=report.names,
        places=report.places,
        floor=report.floor,
        cap=report.cap,
        cities=report.cities,
        tie_rule=TIE_RULE,
        **side_by_side(_sharing(report)),
    )
    await store.keep(work.connection, report, simulated)
    work.announce(simulated, cause=heard)
    await calendar.enter(work, heard, of_meeting(report, cities[report.host]))


@hears.each(AllocationAdoptionReported)
async def decide_allocation(heard: Heard[AllocationAdoptionReported], work: Work) -> None:
    """The first adoption holds. It is announced as a decision and takes effect when read back."""
    summit, method = heard.event.summit, heard.event.method
    report = await store.lock(work.connection, summit)
    if report is None:
        work.refuse(heard, "unknown-summit", f"summit: there is no meeting {summit!r}")
        return
    adopted = await store.adopted_at(work.connection, summit)
    if adopted is not None and heard.time > adopted:
        work.refuse(heard, "adopted", f"summit: the places of {summit!r} are decided since {adopted}")
        return
    number = await decisions.next_number(work.connection, KIND, summit, heard.time)
    if number is None:
        return
    sharing = _sharing(report)
    result = METHODS[method](sharing)
    work.announce(
        AllocationAdopted(
            summit=summit,
            number=number,
            due=heard.time,
            names=report.names,
            method=method,
            places=report.places,
            floor=report.floor,
            cap=report.cap,
            result=result,
            digest=digest(sharing, method, result),
        ),
        cause=heard,
    )


@hears.each(AllocationAdopted)
async def grant_places(heard: Heard[AllocationAdopted], work: Work) -> None:
    """Only the first decision on a meeting counts; a later one was on its way when the first took effect."""
    decision = heard.event
    counts = await decisions.counts(work.connection, KIND, decision.summit, decision.number, decision.due)
    if not counts or await store.adopted_at(work.connection, decision.summit) is not None:
        return
    await store.adopt(work.connection, decision)
    for city, places in sorted(decision.result.items()):
        granted = PlacesGranted(summit=decision.summit, names=decision.names, city=city, places=places)
        work.announce(granted, cause=heard)


def _sharing(report: PlacesReported) -> Sharing:
    populations = {weight.city: weight.population for weight in report.cities}
    return Sharing(report.summit, report.places, populations, report.floor, report.cap)
