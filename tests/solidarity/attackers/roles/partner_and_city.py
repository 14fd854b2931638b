"""The payment partner and the city together: gifts with payers, orders' totals, households."""

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes
from tests.solidarity.attackers.roles.city_worker import attested
from tests.solidarity.attackers.roles.common import Role, carried
from tests.solidarity.attackers.roles.partner import gifts, totals


def look(evidence: Evidence) -> list[Eyes]:
    """Each gift beside all households of its city."""
    return [Eyes(gifts(evidence), attested(evidence), windows=totals(evidence), carried=carried(evidence))]


PARTNER_AND_CITY = Role("partner + city", look)
