"""A beneficiary: its own bill, notice and receipt, and what anybody may read; of payers it knows what friends do."""

from collections import defaultdict
from datetime import datetime

from b40_contracts.solidarity import BillReported, NeedNoticeRequested

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Sight
from tests.solidarity.attackers.roles.common import (
    Role,
    carried,
    friends,
    next_hour,
    only,
    pool_of,
    step_hours,
    windows,
)


def look(evidence: Evidence) -> list[Eyes]:
    """Each household in turn."""
    known, sums, left = friends(evidence), windows(evidence), carried(evidence)
    return [
        Eyes(sights, only(known, {sights[0].pool}), frozenset({sights[0].who}), sums, left)
        for sights in _own_sights(evidence)
    ]


def _own_sights(evidence: Evidence) -> list[list[Sight]]:
    told: dict[tuple[str, datetime], set[str]] = defaultdict(set)
    for heard, hour in step_hours(evidence, NeedNoticeRequested):
        told[evidence.names[str(heard.event.person)], hour] |= {heard.id, str(heard.event.notice)}
    of: dict[str, list[Sight]] = defaultdict(list)
    for heard in evidence.events(BillReported):
        who, at = evidence.names[str(heard.event.attestation)], next_hour(evidence, heard.time)
        if at is not None and (who, at) in told:
            words, moment = frozenset(told[who, at]), heard.time.timestamp()
            of[who].append(Sight(who, at, pool_of(heard.event), heard.event.amount_minor, moment, words=words))
    return list(of.values())


BENEFICIARY = Role("beneficiary", look)
