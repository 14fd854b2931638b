"""Fairs, the network's plan for them, and what cities intend."""

from b40_chassis.hears import Cause, Heard
from b40_chassis.work import Work
from b40_contracts.events import (
    FairAnnounced,
    FairIntentDeclared,
    FairIntentReported,
    FairReported,
    MilestoneReported,
    MilestoneSet,
    PlanConflictFound,
    PlanConflictResolved,
)
from b40_contracts.registry import CITIES

from b40_events.deadline import Deadline, is_price, is_zone
from b40_events.entries import of_fair
from b40_events.handlers import calendar, deadlines
from b40_events.hears import hears
from b40_events.plan import Conflict, Milestone, conflicts
from b40_events.store import cities as city_store
from b40_events.store import deadlines as deadline_store
from b40_events.store import fairs as store


@hears.each(FairReported)
async def announce_fair(heard: Heard[FairReported], work: Work) -> None:
    """A fair or its prices are known, or changed; the plan is held against them."""
    fair = heard.event
    if fair.timezone is not None and not is_zone(fair.timezone):
        work.refuse(heard, "unknown-timezone", f"timezone: there is no zone {fair.timezone!r}")
        return
    if await store.lock(work.connection, fair.fair) == fair:
        return
    await store.keep(work.connection, fair)
    work.announce(FairAnnounced(**fair.model_dump(exclude={"source"})), cause=heard)
    await calendar.enter(work, heard, of_fair(fair))
    await _set_prices(work, heard, fair)
    await _compare(work, heard, fair)


async def _set_prices(work: Work, cause: Cause, fair: FairReported) -> None:
    wanted = {
        f"{fair.fair}-{tier.tier}": Deadline(
            deadline=f"{fair.fair}-{tier.tier}",
            name=f"{_name(fair)}: {tier.name}",
            kind=tier.kind,
            concerns=fair.fair,
            on=tier.until,
            timezone=fair.timezone,
        )
        for tier in fair.tiers
    }
    for known in await deadline_store.of(work.connection, fair.fair):
        if is_price(known) and known.deadline not in wanted:
            await deadlines.lift(work, cause, known, "The fair does not have this price any more.")
    for deadline in wanted.values():
        await deadlines.put(work, cause, deadline)


@hears.each(MilestoneReported)
async def set_milestone(heard: Heard[MilestoneReported], work: Work) -> None:
    """A milestone is a deadline of the network's own; a price that it means to pay must not have ended."""
    milestone = heard.event
    fair = await _fair(heard, work, milestone.fair)
    if fair is None:
        return
    tiers = {tier.tier for tier in fair.tiers}
    if milestone.rate is not None and milestone.rate not in tiers:
        work.refuse(heard, "unknown-rate", f"rate: {fair.fair!r} has no tier {milestone.rate!r}")
        return
    if milestone.milestone in tiers:
        work.refuse(heard, "name-taken", f"milestone: {milestone.milestone!r} is a price tier of {fair.fair!r}")
        return
    if milestone in await store.milestones(work.connection, fair.fair):
        return
    await store.keep_milestone(work.connection, milestone)
    work.announce(MilestoneSet(**milestone.model_dump(exclude={"source"})), cause=heard)
    deadline = f"{fair.fair}-{milestone.milestone}"
    name = f"{_name(fair)}: {milestone.name}"
    await deadlines.put(
        work,
        heard,
        Deadline(deadline, name, "milestone", concerns=fair.fair, on=milestone.on, timezone=fair.timezone),
    )
    await _compare(work, heard, fair)


async def _compare(work: Work, cause: Cause, fair: FairReported) -> None:
    """Hold the plan against the prices: what is new in conflict is found, what no longer is, is resolved."""
    before = await store.conflicts(work.connection, fair.fair)
    plan = [
        Milestone(milestone.milestone, milestone.name, milestone.on, milestone.rate)
        for milestone in await store.milestones(work.connection, fair.fair)
    ]
    found = [_found(fair.fair, conflict) for conflict in conflicts(fair.tiers, plan)]
    await store.keep_conflicts(work.connection, fair.fair, found)
    for conflict in found:
        if before.get(conflict.milestone) != conflict:
            work.announce(conflict, cause=cause)
    for milestone in sorted(before.keys() - {conflict.milestone for conflict in found}):
        gone = before[milestone]
        work.announce(PlanConflictResolved(fair=fair.fair, milestone=milestone, deadline=gone.deadline), cause=cause)


def _found(fair: str, conflict: Conflict) -> PlanConflictFound:
    return PlanConflictFound(
        fair=fair,
        milestone=conflict.milestone.milestone,
        milestone_name=conflict.milestone.name,
        milestone_on=conflict.milestone.on,
        deadline=conflict.tier.tier,
        deadline_name=conflict.tier.name,
        deadline_on=conflict.tier.until,
        deadline_kind=conflict.tier.kind,
        days_late=conflict.days_late,
        price_then=conflict.price_then.name if conflict.price_then else None,
        why=conflict.why,
    )


@hears.each(FairIntentReported)
async def take_down_intent(heard: Heard[FairIntentReported], work: Work) -> None:
    """A city tells how many persons it sends; the network's sums follow."""
    intent = heard.event
    if await _fair(heard, work, intent.fair) is None:
        return
    if intent.city not in await city_store.find(work.connection, [intent.city]):
        await work.wait_for(heard, CITIES, intent.city)
        return
    if not await store.keep_intent(work.connection, intent):
        return
    persons, cities = await store.intended(work.connection, intent.fair)
    work.announce(
        FairIntentDeclared(
            fair=intent.fair,
            city=intent.city,
            persons=intent.persons,
            stand=intent.stand,
            persons_of_all=persons,
            cities_of_all=cities,
        ),
        cause=heard,
    )


async def _fair(
    heard: Heard[MilestoneReported] | Heard[FairIntentReported], work: Work, fair: str
) -> FairReported | None:
    """The fair that a report names, locked; if there is none the report is refused."""
    known = await store.lock(work.connection, fair)
    if known is None:
        work.refuse(heard, "unknown-fair", f"fair: there is no fair {fair!r}")
    return known


def _name(fair: FairReported) -> str:
    return fair.names.get("en") or next(iter(fair.names.values()))
