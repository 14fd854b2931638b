"""Policies are stated, whether they hold already or later."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.registry import CITIES
from b40_contracts.solidarity import NETWORK, Policy, PolicyReported

from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import cities
from b40_solidarity.needs.store import policies as store
from b40_solidarity.objections import Objection
from b40_solidarity.versions import followed

GIFTS_ATTRIBUTED = Objection(
    "gifts-attributed",
    "gifts_attributed: which gift paid which bill is never computed, stored or sent, so that nobody can be made to "
    "tell; where the law demands it, the city cannot be opened",
)


@hears.batch(Policy)
async def know_the_policies_that_were_stated(stated: Sequence[Heard[Policy]], work: Work) -> None:
    """Enter policies that a restored database does not know."""
    await store.enter_missing(work.connection, [heard.event for heard in stated])


@hears.each(PolicyReported)
async def state_policy(heard: Heard[PolicyReported], work: Work) -> None:
    """The newest report of a scope holds, at once or from the date that it names."""
    report = heard.event
    if report.gifts_attributed:
        work.refuse(heard, GIFTS_ATTRIBUTED.reason, GIFTS_ATTRIBUTED.detail)
        return
    if report.scope != NETWORK and report.scope not in await cities.known(work.connection, {report.scope}):
        await work.wait_for(heard, CITIES, report.scope)
        return
    policy = followed(await store.lock(work.connection, report.scope), report, heard.time)
    if policy is None:
        work.refuse(heard, "older-policy", f"time: a newer policy of {report.scope} was reported")
        return
    await store.put(work.connection, policy)
    work.state_changed(Policy, report.scope, cause=heard)
