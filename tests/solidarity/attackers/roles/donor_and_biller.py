"""A donor and the billers together: the one's receipts and notices, the others' customers, amounts and orders."""

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes
from tests.solidarity.attackers.roles.biller import paid
from tests.solidarity.attackers.roles.common import Role, carried, only, windows
from tests.solidarity.attackers.roles.donor import own_sights


def look(evidence: Evidence) -> list[Eyes]:
    """Each donor in turn, beside the billers."""
    customers, sums, left = paid(evidence), windows(evidence), carried(evidence)
    return [
        Eyes(sights, only(customers, {sights[0].pool}), frozenset({sights[0].who}), sums, left)
        for sights in own_sights(evidence)
    ]


DONOR_AND_BILLER = Role("donor + biller", look, sees_arrivals=True, sees_both=True)
