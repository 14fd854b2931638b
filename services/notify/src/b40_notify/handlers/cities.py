"""Cities: notify keeps their names and time zones."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.registry import City

from b40_notify.hears import hears
from b40_notify.store import cities


@hears.batch(City)
async def keep_cities(heard: Sequence[Heard[City]], work: Work) -> None:
    """Take over what the registry states."""
    await cities.keep(work.connection, [each.event for each in heard])
