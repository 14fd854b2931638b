"""Integrators are known again from their own states."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.integrators import Integrator

from b40_registry.hears import hears
from b40_registry.store import integrators as store


@hears.batch(Integrator)
async def know_the_integrators_that_were_stated(stated: Sequence[Heard[Integrator]], work: Work) -> None:
    """Take what is newer than what a restored database knows: a key that was revoked since its backup stays revoked."""
    await store.keep(work.connection, [heard.event for heard in stated])
