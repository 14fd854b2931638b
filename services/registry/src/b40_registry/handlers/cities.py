"""Cities are described, and known again from their own states."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.registry import City, CityProfileReported, Profile

from b40_registry import cities
from b40_registry.hears import hears
from b40_registry.parts import shared
from b40_registry.store import cities as store


@hears.batch(City)
async def know_the_cities_that_were_stated(stated: Sequence[Heard[City]], work: Work) -> None:
    """Enter cities that a restored database does not know, so that nothing waits for what was already said."""
    await store.enter_missing(
        work.connection,
        [(Profile(**shared(Profile, heard.event)), heard.event.described_at) for heard in stated],
    )


@hears.each(CityProfileReported)
async def describe_city(heard: Heard[CityProfileReported], work: Work) -> None:
    """The last report holds, by its time; of the same time the one with the greater id."""
    report = heard.event
    known = await store.resembling(work.connection, report.code, report.geonames)
    objection = cities.objection(report, known)
    if objection is not None:
        work.refuse(heard, objection.reason, objection.detail)
        return
    if any(described.is_newer_than(heard.time, heard.id) for described in known):
        return
    await store.describe(work.connection, Profile(**shared(Profile, report)), heard.time, heard.id)
    work.state_changed(City, report.code, cause=heard)
