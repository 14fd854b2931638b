"""A city's social worker: attestations, households, bills handed back; of payers it knows what their friends do."""

from b40_contracts.solidarity import AttestationReported, NeedReturned

from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Eyes, Sight
from tests.solidarity.attackers.roles.common import Role, carried, friends, hours, windows


def look(evidence: Evidence) -> list[Eyes]:
    """The households that may be helped at any hour."""
    return [Eyes(attested(evidence), friends(evidence), windows=windows(evidence), carried=carried(evidence))]


def attested(evidence: Evidence) -> list[Sight]:
    """Each household at each hour, but when its need was handed back: when it is helped, the city is not told."""
    returned = {(heard.event.attestation, heard.time) for heard in evidence.events(NeedReturned)}
    return [
        Sight(
            who=heard.event.household,
            hour=hour,
            pool=f"{heard.event.city}~{heard.event.kinds[0]}~{heard.event.currency}",
            moment=heard.time.timestamp(),
            place=place,
            words=frozenset({heard.id, str(heard.event.attestation)}),
        )
        for place, heard in enumerate(evidence.events(AttestationReported))
        for hour in hours(evidence)
        if (heard.event.attestation, hour) not in returned
    ]


CITY_WORKER = Role("city social worker", look)
