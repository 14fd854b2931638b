"""Cities are known when they were stated."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.registry import City

from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import cities as store


@hears.batch(City)
async def know_cities(stated: Sequence[Heard[City]], work: Work) -> None:
    """Keep the own copy."""
    await store.enter(work.connection, [heard.event.code for heard in stated])
