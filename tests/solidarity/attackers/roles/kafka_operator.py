"""An operator of Kafka: every record of every topic, as ciphertext; of these the key, size, place, time and headers."""

from datetime import datetime

from b40_contracts.platform import CLOCK
from b40_contracts.solidarity import GIFT_NOTICES, GIFTS_INTAKE, NEED_NOTICES, NEEDS_INTAKE, OPEN_GIFTS, OPEN_NEEDS

from tests.solidarity.attackers.evidence import Evidence, Raw
from tests.solidarity.attackers.joins import Eyes, Sight
from tests.solidarity.attackers.roles.common import Role, hours

PAIRS = [(GIFTS_INTAKE, NEEDS_INTAKE), (OPEN_GIFTS, OPEN_NEEDS), (GIFT_NOTICES, NEED_NOTICES)]


def look(evidence: Evidence) -> list[Eyes]:
    """Records of the one side beside those of the other: reported, opened, told."""
    dated = _dated(evidence)
    return [Eyes(_sights(dated, gifts.name), _sights(dated, needs.name)) for gifts, needs in PAIRS]


def _dated(evidence: Evidence) -> list[tuple[Raw, datetime]]:
    """Records with the batch hour that they came before, or after: the clock's ticks, in clear, tell."""
    at, dated = iter(hours(evidence)), []
    hour = next(at)
    ticks = 0
    for raw in evidence.raw:
        if raw.topic == CLOCK.name:
            ticks += 1
            if ticks > 1 and ticks % 2 == 1:
                hour = next(at, hour)
        dated.append((raw, hour))
    return dated


def _sights(dated: list[tuple[Raw, datetime]], topic: str) -> list[Sight]:
    return [
        Sight(
            who=f"{raw.topic}/{raw.partition}/{raw.offset}",
            hour=hour,
            amount_minor=raw.size,
            moment=float(raw.timestamp),
            place=place,
            axis=float(raw.offset),
            words=frozenset({raw.key.hex(), *(value.hex() for name, value in raw.headers if len(value) > 12)}),
        )
        for place, (raw, hour) in enumerate(one for one in dated if one[0].topic == topic)
    ]


KAFKA_OPERATOR = Role("Kafka operator", look, sees_arrivals=True, varies=True)
