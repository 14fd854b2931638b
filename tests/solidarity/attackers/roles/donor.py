"""A donor: its own gifts, receipts and notices, and what anybody may read; of households, what neighbours know."""

from collections import defaultdict
from datetime import datetime

from b40_contracts.solidarity import GiftNoticeRequested, GiftReported

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Sight
from tests.solidarity.attackers.roles.common import (
    Role,
    carried,
    neighbours,
    next_hour,
    only,
    pool_of,
    records,
    step_hours,
    windows,
)


def look(evidence: Evidence) -> list[Eyes]:
    """Each donor in turn."""
    known = neighbours(evidence)
    sums, left = windows(evidence), carried(evidence)
    return [
        Eyes(sights, only(known, {sights[0].pool}), frozenset({sights[0].who}), sums, left)
        for sights in own_sights(evidence)
    ]


def own_sights(evidence: Evidence) -> list[list[Sight]]:
    """What each donor knows of itself: when and what it gave, what was spent of it, when it was told."""
    told: dict[tuple[str, datetime], set[str]] = defaultdict(set)
    for heard, hour in step_hours(evidence, GiftNoticeRequested):
        told[str(heard.event.person), hour] |= {heard.id, str(heard.event.notice)}
    weeks = {record["gifts_root"]: hour for hour, record in records(evidence)}
    of: dict[str, list[Sight]] = defaultdict(list)
    for heard in evidence.events(GiftReported):
        person, at = str(heard.event.person), next_hour(evidence, heard.time)
        if at is not None and (person, at) in told:
            spent_minor = _spent(evidence, evidence.names[person], at, weeks) or heard.event.amount_minor
            words = frozenset(told[person, at])
            moment = heard.time.timestamp()
            of[person].append(Sight(person, at, pool_of(heard.event), spent_minor, moment, words=words))
    return list(of.values())


def _spent(evidence: Evidence, who: str, hour: datetime, weeks: dict[str, datetime]) -> int:
    """What the donor's receipts of that week state."""
    receipts = evidence.receipts.get(who, ())
    return sum(one["amount_minor"] for one in receipts if weeks.get(one["root"]) == hour)


DONOR = Role("donor", look)
