"""Needs come into their pools, and are withdrawn."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import NeedClosed, NeedOpened

from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import needs as store
from b40_solidarity.matcher.store import pools
from b40_solidarity.pools import Pool


@hears.batch(NeedOpened)
async def let_needs_wait(opened: Sequence[Heard[NeedOpened]], work: Work) -> None:
    """Needs wait in the pools of their cities, kinds and currencies."""
    needs = [heard.event for heard in opened]
    await pools.enter(
        work.connection,
        {Pool(need.city, need.kind, need.currency) for need in needs},
        min(need.since for need in needs),
    )
    await store.enter(work.connection, needs)


@hears.batch(NeedClosed)
async def close_needs(closed: Sequence[Heard[NeedClosed]], work: Work) -> None:
    """Withdrawn needs are met no more."""
    await store.close(work.connection, [heard.event.need for heard in closed], work.now)
