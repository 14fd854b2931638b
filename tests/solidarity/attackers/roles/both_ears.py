"""Who hears what each side is told of batches, with ids and amounts blackened: the places in the two lists are left."""

from collections.abc import Sequence

from b40_contracts.solidarity import GiftsSpent, NeedsOrdered

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Sight
from tests.solidarity.attackers.roles.common import Role, step_hours


def look(evidence: Evidence) -> list[Eyes]:
    """The lists of an hour that belong to one pool."""
    pools = evidence.pools
    spent = [(hour, [str(gift.gift) for gift in heard.event.gifts]) for heard, hour in step_hours(evidence, GiftsSpent)]
    ordered = [
        (hour, [str(need.need) for need in heard.event.needs]) for heard, hour in step_hours(evidence, NeedsOrdered)
    ]

    def sights(lists: Sequence[tuple[object, list[str]]]) -> list[Sight]:
        return [
            Sight(who, hour, pools[evidence.names[who]], place=place)  # type: ignore[arg-type]
            for hour, ids in lists
            for place, who in enumerate(ids)
        ]

    return [Eyes(sights(spent), sights(ordered))]


BOTH_EARS = Role("who hears both sides", look)
