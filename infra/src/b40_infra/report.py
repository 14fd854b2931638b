"""The report of a season: one JSON document whose keys stay stable, made from what integrators can read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from b40_contracts.events import (
    AllocationAdopted,
    AllocationSimulated,
    DeadlineApproaching,
    DeadlineMissed,
    PlanConflictFound,
    TourDecided,
)
from b40_contracts.notify import DigestDelivered, NoticeDelivered

from b40_infra.season_read import Announcements

Report = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What the read APIs answered at the season's end."""

    members: Mapping[str, int]
    """Number of members by day, as ``2022-06-20``."""
    decisions: Sequence[Mapping[str, Any]]
    """The registry's decisions, each with its ``state``."""
    books: Mapping[str, Any]
    """Solidarity's books by currency, in minor units, with its batches."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened to events, over all apps."""

    published: int
    duplicates_dropped: int
    dead: int
    unprocessed: int


def compose(announced: Announcements, read_back: ReadBack, counts: Counts) -> Report:
    """The report. The same season gives the same report, whatever was published twice or killed on the way."""
    return {
        "membership": {"as_of": dict(read_back.members)},
        "decisions": _decisions(read_back.decisions),
        "tour": _tour(announced),
        "plan_conflicts": _conflicts(announced),
        "deadlines": {
            "approaching": len(announced.of(DeadlineApproaching)),
            "missed": len(announced.of(DeadlineMissed)),
        },
        "allocation": _allocation(announced),
        "solidarity": _solidarity(read_back.books),
        "notices": _notices(announced),
        "events": {
            "published": counts.published,
            "announced": announced.count,
            "duplicates_dropped": counts.duplicates_dropped,
            "refused": announced.refused(),
            "dead": counts.dead,
            "unprocessed": counts.unprocessed,
        },
    }


def _decisions(decisions: Sequence[Mapping[str, Any]]) -> Report:
    states = Counter(decision["state"] for decision in decisions)
    closed = {state: states[state] for state in ("fulfilled", "lapsed")}
    return {"taken": len(decisions), **closed, "open": len(decisions) - sum(closed.values())}


def decided(announced: Announcements) -> list[TourDecided]:
    """The decisions on the tour that took effect, in their order: the first of each number counts."""
    by_number: dict[int, TourDecided] = {}
    for decision in announced.of(TourDecided):
        by_number.setdefault(decision.number, decision)
    return [by_number[number] for number in sorted(by_number)]


def _tour(announced: Announcements) -> Report:
    decisions = decided(announced)
    if not decisions:
        lengths = dict.fromkeys(("km", "listing_order_km", "shortest_km_without_windows"), 0.0)
        return {"order": [], "dates": {}, **lengths, "changes": []}
    last = decisions[-1]
    return {
        "order": [stop.city for stop in last.stops],
        "dates": {stop.city: stop.on.isoformat() for stop in last.stops},
        "km": last.km,
        "listing_order_km": last.listing_order_km,
        "shortest_km_without_windows": last.shortest_km_without_windows,
        "changes": [{"why": change.why} for decision in decisions for change in decision.changes],
    }


def _conflicts(announced: Announcements) -> list[Report]:
    return [
        {"milestone": conflict.milestone, "deadline": conflict.deadline, "days_late": conflict.days_late}
        for conflict in announced.of(PlanConflictFound)
    ]


def _allocation(announced: Announcements) -> Report:
    simulated, adopted = announced.of(AllocationSimulated), announced.of(AllocationAdopted)
    if not simulated:
        return {"places": 0, "equal": {}, "proportional": {}, "degressive": {}, "adopted": None}
    last = simulated[-1]
    return {
        "places": last.places,
        "equal": last.equal,
        "proportional": last.proportional,
        "degressive": last.degressive,
        "adopted": adopted[0].method if adopted else None,
    }


def _solidarity(books: Mapping[str, Any]) -> Report:
    totals = {name: books[name] for name in ("needs_settled", "batches", "smallest_k")}
    return {**dict(sorted(books["books"].items())), **totals}


def _notices(announced: Announcements) -> Report:
    delivered = announced.of(NoticeDelivered)
    return {
        "sent": len(delivered),
        "digests": len(announced.of(DigestDelivered)),
        "by_subject": dict(sorted(Counter(str(notice.about) for notice in delivered).items())),
    }
