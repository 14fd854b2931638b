"""Decisions are taken, fall due, are fulfilled or lapse."""

from b40_chassis.hears import Due, Heard
from b40_chassis.work import Work
from b40_contracts.registry import (
    CITIES,
    DecisionDue,
    DecisionFact,
    DecisionFulfilmentReported,
    DecisionLapsed,
    DecisionReported,
)

from b40_registry import decisions
from b40_registry.decisions import State
from b40_registry.hears import hears
from b40_registry.parts import shared
from b40_registry.store import cities as city_store
from b40_registry.store import decisions as store


@hears.each(DecisionReported)
async def take_down_decision(heard: Heard[DecisionReported], work: Work) -> None:
    """A decision is entered once and not edited."""
    report = heard.event
    known = await store.lock(work.connection, report.decision)
    objection = decisions.objection(report) or (decisions.objection_to_other(known.fact, report) if known else None)
    if objection is not None:
        work.refuse(heard, objection.reason, objection.detail)
        return
    if known is not None:
        return
    city = report.owner.city
    zone = decisions.ZONE_OF_GROUPS if city is None else await city_store.zone_of(work.connection, city)
    if zone is None:
        assert city is not None, "only a city's zone can be unknown"
        await work.wait_for(heard, CITIES, city)
        return
    fact = decisions.dated(report, zone)
    await store.add(work.connection, fact, zone)
    work.announce(decisions.taken(fact), cause=heard)


@hears.each(DecisionFulfilmentReported)
async def accept_fulfilment(heard: Heard[DecisionFulfilmentReported], work: Work) -> None:
    """Also a decision that lapsed can still be fulfilled, late."""
    report = heard.event
    known = await store.lock(work.connection, report.decision)
    objection = decisions.objection_to_fulfilment(known, report, heard.time)
    if objection is not None:
        work.refuse(heard, objection.reason, objection.detail)
        return
    assert known is not None, "a fulfilment of an unknown decision was refused"
    if known.state is State.FULFILLED:
        return
    await store.fulfil(work.connection, report)
    work.announce(decisions.fulfilled(known, report), cause=heard)


@hears.due("decision due", store.falling_due)
async def remind_of_decision(due: Due, work: Work) -> None:
    """The owner's time is up; the days of grace begin."""
    fact = await store.move(work.connection, due.subject, before=[State.OPEN], to=State.DUE)
    if fact is not None:
        work.announce(DecisionDue(**shared(DecisionFact, fact)), cause=due)


@hears.due("decision lapses", store.lapsing)
async def let_decision_lapse(due: Due, work: Work) -> None:
    """The days of grace are over."""
    fact = await store.move(work.connection, due.subject, before=[State.OPEN, State.DUE], to=State.LAPSED)
    if fact is not None:
        work.announce(DecisionLapsed(**shared(DecisionFact, fact)), cause=due)
