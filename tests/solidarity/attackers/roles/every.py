"""All roles: who takes part, who operates, who only reads, and the pairs of them that know most together."""

from collections.abc import Sequence

from tests.solidarity.attackers.city import Summer
from tests.solidarity.attackers.roles.beneficiary import BENEFICIARY
from tests.solidarity.attackers.roles.biller import BILLER
from tests.solidarity.attackers.roles.both_ears import BOTH_EARS
from tests.solidarity.attackers.roles.city_worker import CITY_WORKER
from tests.solidarity.attackers.roles.common import Role
from tests.solidarity.attackers.roles.database_operators import GIFTS_DATABASE, MATCHER_DATABASE, NEEDS_DATABASE
from tests.solidarity.attackers.roles.donor import DONOR
from tests.solidarity.attackers.roles.donor_and_biller import DONOR_AND_BILLER
from tests.solidarity.attackers.roles.flooders import flooder_of_gifts, flooder_of_needs
from tests.solidarity.attackers.roles.kafka_operator import KAFKA_OPERATOR
from tests.solidarity.attackers.roles.notify import NOTIFY
from tests.solidarity.attackers.roles.partner import PARTNER
from tests.solidarity.attackers.roles.partner_and_city import PARTNER_AND_CITY
from tests.solidarity.attackers.roles.readers import ANOTHER_SERVICE, RECORD_READER, TELEMETRY_READER

ROLES = (
    DONOR,
    BENEFICIARY,
    BILLER,
    PARTNER,
    CITY_WORKER,
    NOTIFY,
    ANOTHER_SERVICE,
    KAFKA_OPERATOR,
    NEEDS_DATABASE,
    GIFTS_DATABASE,
    MATCHER_DATABASE,
    TELEMETRY_READER,
    RECORD_READER,
    DONOR_AND_BILLER,
    PARTNER_AND_CITY,
    BOTH_EARS,
)


def flooders(summer: Summer) -> Sequence[Role]:
    """Who floods: in each pool that has parties of an attacker's own, these."""
    pools = [pool for pool in summer.pools if pool.own_payers]
    return (
        flooder_of_gifts([frozenset(pool.own_payers) for pool in pools]),
        flooder_of_needs([frozenset(pool.own_households) for pool in pools]),
    )
