"""Policies are put in force, and stated."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.registry import CITIES
from b40_contracts.solidarity import NETWORK, Policy, PolicyReported

from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import cities
from b40_solidarity.needs.store import policies as store


@hears.batch(Policy)
async def know_the_policies_that_were_stated(stated: Sequence[Heard[Policy]], work: Work) -> None:
    """Enter policies that a restored database does not know."""
    await store.enter_missing(work.connection, [heard.event for heard in stated])


@hears.each(PolicyReported)
async def put_policy_in_force(heard: Heard[PolicyReported], work: Work) -> None:
    """The newest report of a scope holds."""
    report = heard.event
    if report.scope != NETWORK and not await cities.is_known(work.connection, report.scope):
        await work.wait_for(heard, CITIES, report.scope)
        return
    if await store.put_in_force(work.connection, report, heard.time):
        work.state_changed(Policy, report.scope, cause=heard)
    else:
        work.refuse(heard, "older-policy", f"time: a newer policy of {report.scope} is in force")
