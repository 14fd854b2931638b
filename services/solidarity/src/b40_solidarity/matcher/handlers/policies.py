"""Policies are known as they were stated."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import Policy

from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import policies as store


@hears.batch(Policy)
async def know_policies(stated: Sequence[Heard[Policy]], work: Work) -> None:
    """Keep the own copy."""
    await store.put(work.connection, [heard.event for heard in stated])
