"""Working groups are formed, changed, closed."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.registry import CITIES, WorkingGroupReported

from b40_registry import groups
from b40_registry.hears import hears
from b40_registry.store import cities as city_store
from b40_registry.store import groups as store


@hears.each(WorkingGroupReported)
async def describe_working_group(heard: Heard[WorkingGroupReported], work: Work) -> None:
    """The last report holds, by its time; of the same time the one with the greater id."""
    group = groups.group_of(heard.event)
    objection = groups.objection(group)
    if objection is not None:
        work.refuse(heard, objection.reason, objection.detail)
        return
    missing = await city_store.first_unknown(work.connection, groups.cities_named(group))
    if missing is not None:
        await work.wait_for(heard, CITIES, missing)
        return
    known, reported = await store.lock(work.connection, group.group) or (None, None)
    if reported is not None and reported > (heard.time, heard.id):
        return
    await store.write(work.connection, group, heard.time, heard.id)
    for event in groups.news(known, group):
        work.announce(event, cause=heard)
