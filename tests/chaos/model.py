"""The model of the whole: what must have become of each record of the intake's log, and what else is found."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.inputs import REFUSED, SET_ASIDE, Item, Kind
from tests.support.ground import Key

Place = tuple[int, int]
"""Partition and offset in the intake's log."""
Findings = Mapping[str, Sequence[str]]
"""What is wrong, by its kind: which transfers, records or accounts. Empty if nothing is."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found when all had settled and all dead letters were dealt with."""

    log: Sequence[tuple[Place, int]]
    """The intake's log, in order per partition: place and number of the item."""
    acknowledged: Iterable[int]
    """Numbers of the intake's items that the broker acknowledged."""
    booked: Sequence[Key]
    announced: Sequence[Key]
    """In log order per account; what was sent again under the same id counts once."""
    refused: Sequence[tuple[str, str]]
    """Id and reason of each refusal, each once."""
    set_aside: Sequence[Place]
    """Dead letters that were discarded."""
    duplicates: int
    """As the service counted them."""
    unbalanced: int
    left: Mapping[str, int] = field(default_factory=dict)
    """What should be nothing by now: rows of the outbox, dead letters that are open, …"""


@dataclass(slots=True)
class Expected:
    """What must have become of the log's records."""

    booked: dict[Key, None] = field(default_factory=dict)
    duplicates: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    set_aside: set[Place] = field(default_factory=set)


def expected(log: Sequence[tuple[Place, int]], items: Sequence[Item]) -> Expected:
    """By the rules: the first of an id is applied, if it can be; what comes again is dropped; and so on."""
    outcome = Expected()
    for place, number in log:
        item = items[number]
        if item.kind in SET_ASIDE:
            outcome.set_aside.add(place)
        elif item.kind in REFUSED:
            outcome.refused[item.id, "id-reused" if item.kind is Kind.REUSED else "unknown-type"] += 1
        elif item.transfer in outcome.booked:
            outcome.duplicates += 1
        elif item.transfer is not None:
            outcome.booked[item.transfer] = None
    return outcome


def findings(evidence: Evidence, items: Sequence[Item]) -> Findings:
    """Compare what was found with what must be."""
    must = expected(evidence.log, items)
    booked, announced, refused = Counter(evidence.booked), Counter(evidence.announced), Counter(evidence.refused)
    set_aside = Counter(evidence.set_aside)
    logged = {number for _, number in evidence.log}
    order = _by_account(must.booked)
    found = {
        "acknowledged, not in the log": [n for n in evidence.acknowledged if n not in logged],
        "lost": must.booked.keys() - booked.keys(),
        "doubled": [key for key, times in booked.items() if times > 1],
        "booked, not given": booked.keys() - must.booked.keys(),
        "reordered": _unlike(order, _by_account(dict.fromkeys(evidence.booked))),
        "not announced": booked.keys() - announced.keys(),
        "announced twice": [key for key, times in announced.items() if times > 1],
        "announced, not booked": announced.keys() - booked.keys(),
        "announced out of order": _unlike(order, _by_account(dict.fromkeys(evidence.announced))),
        "not refused": (must.refused - refused).keys(),
        "refused wrongly": (refused - must.refused).keys(),
        "not set aside": must.set_aside - set_aside.keys(),
        "set aside wrongly": set_aside.keys() - must.set_aside,
        "out of balance": [evidence.unbalanced] if evidence.unbalanced else [],
        "left": [f"{name} {number}" for name, number in evidence.left.items() if number],
        "unaccounted": _unaccounted(evidence),
    }
    return {name: [str(each) for each in sorted(which, key=str)] for name, which in found.items() if which}


def _unaccounted(evidence: Evidence) -> list[str]:
    became = {
        "applied": len(evidence.booked),
        "duplicates": evidence.duplicates,
        "refused": len(evidence.refused),
        "set aside": len(evidence.set_aside),
    }
    missing = len(evidence.log) - sum(became.values())
    told = ", ".join(f"{number} {name}" for name, number in became.items())
    return [f"{missing} of {len(evidence.log)} sent: {told}"] if missing else []


def _by_account(keys: Iterable[Key]) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for account, number in keys:
        numbers[account].append(number)
    return numbers


def _unlike(order: Mapping[str, list[int]], found: Mapping[str, list[int]]) -> list[str]:
    """Accounts whose transfers, as far as both have them, stand in another order."""
    unlike = []
    for account, came in found.items():
        wanted, had = set(order.get(account, ())), set(came)
        if [n for n in order.get(account, ()) if n in had] != [n for n in came if n in wanted]:
            unlike.append(account)
    return unlike
