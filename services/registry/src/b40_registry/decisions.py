"""Decisions: when they fall due and lapse, what is not acceptable, and what is announced of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from b40_contracts.registry import (
    Decision,
    DecisionFact,
    DecisionFulfilled,
    DecisionFulfilmentReported,
    DecisionReported,
    DecisionTaken,
)

from b40_registry import times
from b40_registry.objections import Objection
from b40_registry.parts import shared

GRACE = timedelta(days=14)
"""How long a decision that fell due may still be fulfilled before the network is told that it lapsed."""

ZONE_OF_GROUPS = "UTC"
"""A working group has members in several zones; the days of what it owes are those of UTC."""


class State(StrEnum):
    """What became of a decision."""

    OPEN = "open"
    DUE = "due"
    FULFILLED = "fulfilled"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class KnownDecision:
    """A decision as it is known. ``zone`` is its owner's; ``fulfilment`` is how it was fulfilled, if it was."""

    fact: DecisionFact
    zone: str
    state: State
    fulfilment: DecisionFulfilmentReported | None


def objection(report: DecisionReported) -> Objection | None:
    """What is wrong with a decision; None if nothing is."""
    if report.due_on is not None and report.due_on < report.taken_on:
        return Objection("due-before-taken", f"due_on: {report.due_on} is before {report.taken_on}")
    if report.due_at is not None and report.due_at.date() < report.taken_on - timedelta(days=1):
        return Objection("due-before-taken", f"due_at: {report.due_at.isoformat()} is before {report.taken_on}")
    return times.too_far("due_on", report.due_on) or times.too_far(
        "due_at", report.due_at.date() if report.due_at else None
    )


def dated(report: DecisionReported, zone: str) -> DecisionFact:
    """The decision with the moments at which it falls due and lapses, for an owner whose days are those of ``zone``.

    A due day ends where the owner lives; the days of grace are days there, too.
    """
    falls_due, lapses = report.due_at, report.due_at + GRACE if report.due_at else None
    if report.due_on is not None:
        falls_due = times.end_of(report.due_on, zone)
        lapses = (falls_due.astimezone(ZoneInfo(zone)) + GRACE).astimezone(falls_due.tzinfo)
    return DecisionFact(**shared(Decision, report), falls_due=falls_due, lapses=lapses)


def taken(fact: DecisionFact) -> DecisionTaken:
    """What is announced when a decision is reported."""
    return DecisionTaken(**shared(DecisionFact, fact))


def objection_to_other(known: DecisionFact, report: DecisionReported) -> Objection | None:
    """The objection to reporting a known decision with other content; None if it is the same."""
    differing = [name for name in Decision.model_fields if getattr(known, name) != getattr(report, name)]
    if not differing:
        return None
    return Objection(
        "decision-is-known",
        f"{differing[0]}: the decision {report.decision} is known with another value; a new decision replaces it",
    )


def objection_to_fulfilment(
    known: KnownDecision | None, report: DecisionFulfilmentReported, said_at: datetime
) -> Objection | None:
    """What is wrong with a fulfilment that was reported at ``said_at``; None if nothing is."""
    if known is None:
        return Objection("unknown-decision", f"decision: no decision {report.decision} was reported")
    if known.fulfilment is not None and known.fulfilment != report:
        return Objection("already-fulfilled", f"decision: it was fulfilled on {known.fulfilment.on}")
    if report.on < known.fact.taken_on:
        return Objection("fulfilled-before-taken", f"on: {report.on} is before {known.fact.taken_on}")
    if report.on > said_at.astimezone(ZoneInfo(known.zone)).date():
        return Objection("not-yet", f"on: {report.on} had not come when it was reported")
    return None


def fulfilled(known: KnownDecision, report: DecisionFulfilmentReported) -> DecisionFulfilled:
    """What is announced when a decision was carried out, in time or late."""
    falls_due = known.fact.falls_due
    last_day = falls_due.astimezone(ZoneInfo(known.zone)).date() if falls_due else None
    return DecisionFulfilled(
        **shared(DecisionFact, known.fact),
        fulfilled_on=report.on,
        in_time=report.on <= (known.fact.due_on or last_day or report.on),
        evidence=report.evidence,
    )
