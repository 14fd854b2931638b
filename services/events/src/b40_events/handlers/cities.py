"""The own copy of cities; a city that joins is invited to running tours, one that leaves is taken out of them."""

from collections.abc import Sequence

from b40_chassis.hears import Cause, Heard
from b40_chassis.work import Work
from b40_contracts.registry import City, Status

from b40_events import stop
from b40_events.deadline import day_of
from b40_events.handlers import stops, tours
from b40_events.hears import hears
from b40_events.store import cities as store
from b40_events.store import stops as stop_store
from b40_events.store import tours as tour_store

STILL_OPEN = (stop.Status.INVITED, stop.Status.CONFIRMED, stop.Status.DATED, stop.Status.UNSCHEDULABLE)


@hears.batch(City)
async def keep_cities(cities: Sequence[Heard[City]], work: Work) -> None:
    """Names, places, zones and membership are kept; what follows for tours follows at once."""
    await store.keep(work.connection, [heard.event for heard in cities])
    for heard in cities:
        if heard.event.status is Status.ACTIVE:
            await _invite_to_running_tours(work, heard, heard.event)
        elif heard.event.status is Status.LEFT:
            await _take_out_of_tours(work, heard, heard.event)


async def _invite_to_running_tours(work: Work, cause: Cause, city: City) -> None:
    assert city.since is not None, "a status holds since a day"
    for tour in await tour_store.running(work.connection, city.since):
        if city.since > day_of(tour.announced, tour.zone) and city.code != tour.report.start:
            await tours.invite(work, cause, tour, [city.code], tours.joined_since(tour))


async def _take_out_of_tours(work: Work, cause: Cause, city: City) -> None:
    for slug in await stop_store.tours_of_city(work.connection, city.code, STILL_OPEN):
        tour = await tour_store.lock(work.connection, slug)  # tours are locked before their stops, everywhere
        gone = await stop_store.find(work.connection, slug, city.code)
        if tour is not None and gone is not None and gone.status in STILL_OPEN:
            await stops.withdraw(work, cause, tour, gone, "It left the network.")
