"""The payment partner: all gifts with their payers, the orders' totals; of households it knows what neighbours do."""

from b40_contracts.solidarity import GiftReported, OrderPlaced

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Group, Sight
from tests.solidarity.attackers.roles.common import Role, carried, neighbours, next_hour, pool_of


def look(evidence: Evidence) -> list[Eyes]:
    """The gifts of each week beside the totals that it paid out."""
    return [Eyes(gifts(evidence), neighbours(evidence), windows=totals(evidence), carried=carried(evidence))]


def gifts(evidence: Evidence) -> list[Sight]:
    """What was given, by whom, when."""
    return [
        Sight(
            who=heard.event.payer,
            hour=hour,
            pool=pool_of(heard.event),
            amount_minor=heard.event.amount_minor,
            moment=heard.time.timestamp(),
            place=place,
            words=frozenset({heard.id, str(heard.event.gift)}),
        )
        for place, heard in enumerate(sorted(evidence.events(GiftReported), key=lambda heard: heard.time))
        if (hour := next_hour(evidence, heard.time)) is not None
    ]


def totals(evidence: Evidence) -> dict[Group, int]:
    """What it paid to billers at an hour, order by order the smallest: it comes nearest to a single bill."""
    found: dict[Group, int] = {}
    for heard in evidence.events(OrderPlaced):
        at: Group = (None, heard.event.placed_at)
        found[at] = min(found.get(at, heard.event.total_minor), heard.event.total_minor)
    return found


PARTNER = Role("payment partner", look)
