"""The membership ledger: dated entries, each with its document, in an order that makes sense."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from b40_contracts.event import Event
from b40_contracts.registry import CityAdmitted, CityApplied, CityLeft, CitySigned, LedgerEntry, Status

from b40_registry import times
from b40_registry.objections import Objection

RANK: Mapping[Status, int] = {Status.CANDIDATE: 0, Status.SIGNED: 1, Status.ACTIVE: 2, Status.LEFT: 3}
"""Order of entries of the same day: a city may sign and become active on one day."""

MAY_FOLLOW: Mapping[Status | None, frozenset[Status]] = {
    None: frozenset({Status.CANDIDATE, Status.SIGNED, Status.ACTIVE}),
    Status.CANDIDATE: frozenset({Status.SIGNED, Status.ACTIVE}),
    Status.SIGNED: frozenset({Status.ACTIVE, Status.LEFT}),
    Status.ACTIVE: frozenset({Status.LEFT}),
    Status.LEFT: frozenset({Status.CANDIDATE, Status.SIGNED, Status.ACTIVE}),
}
"""What may come next in a ledger. Of many members only the membership is documented, not the signature before it."""

FACTS: Mapping[Status, type[CityApplied] | type[CitySigned] | type[CityAdmitted] | type[CityLeft]] = {
    Status.CANDIDATE: CityApplied,
    Status.SIGNED: CitySigned,
    Status.ACTIVE: CityAdmitted,
    Status.LEFT: CityLeft,
}


def in_order(entries: Iterable[LedgerEntry]) -> tuple[LedgerEntry, ...]:
    """The entries by day, those of one day by rank."""
    return tuple(sorted(entries, key=lambda entry: (entry.on, RANK[entry.status])))


def is_entered(ledger: Sequence[LedgerEntry], entry: LedgerEntry) -> bool:
    """Whether the ledger has this status on this day; another document for it changes nothing."""
    return any((known.status, known.on) == (entry.status, entry.on) for known in ledger)


def objection(ledger: Sequence[LedgerEntry], entry: LedgerEntry) -> Objection | None:
    """What in the ledger contradicts a further entry, wherever by its day it belongs; None if nothing does."""
    too_far = times.too_far("on", entry.on)
    if too_far is not None:
        return too_far
    merged = in_order([*ledger, entry])
    for before, after in pairwise((None, *merged)):
        assert after is not None, "only the first of the pairs begins with nothing"
        if after.status in MAY_FOLLOW[before.status if before else None]:
            continue
        if after is entry and entry.status is Status.LEFT and (before is None or before.status is Status.CANDIDATE):
            return Objection("never-joined", f"status: a city that had not joined by {entry.on} cannot leave")
        return Objection("contradicts-ledger", f"status: {_said(after)} cannot follow {_said(before)}")
    return None


def fact(city: str, entry: LedgerEntry) -> Event:
    """What is announced when the day of an entry comes."""
    return FACTS[entry.status](city=city, on=entry.on, source=entry.source)


def _said(entry: LedgerEntry | None) -> str:
    return f"{entry.status} on {entry.on}" if entry else "an empty ledger"
