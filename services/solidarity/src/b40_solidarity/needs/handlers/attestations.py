"""Cities attest that households are eligible."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.registry import CITIES
from b40_contracts.solidarity import POLICIES, AttestationReported

from b40_solidarity import pseudonyms
from b40_solidarity.attested import objection_to_attestation
from b40_solidarity.needs.handlers import early
from b40_solidarity.needs.handlers.opening import open_attested
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import attestations as store
from b40_solidarity.needs.store import cities, erasures, policies
from b40_solidarity.needs.store.attestations import Hashed, NewAttestation
from b40_solidarity.objections import Objection

NOT_IN_FORCE = Objection("policy-not-in-force", "city: its policy is announced, and does not hold yet")


Reports = Sequence[Heard[AttestationReported]]


@hears.batch(AttestationReported)
async def enter_attestations(reports: Reports, work: Work) -> None:
    """An attestation holds if its city's policy allows it. Bills that waited for it are opened."""
    allowed = [(heard, _whose(heard.event, work)) for heard in await _allowed(reports, work)]
    erased = await erasures.reported(work.connection, {whose.subject for _, whose in allowed})
    entered = []
    for heard, whose in allowed:
        erased_at = erased.get(whose.subject)
        if erased_at is not None and heard.appended > erased_at:
            work.refuse(heard, "person-erased", "person: was erased; its id is not used again")
            continue
        entered.append(NewAttestation(heard.event, whose, erased=erased_at is not None))
    await store.enter(work.connection, entered)
    await open_attested(await early.attested([one.report.attestation for one in entered], work), work)


async def _allowed(reports: Reports, work: Work) -> list[Heard[AttestationReported]]:
    """Those that their cities' policies allow; without city or policy they wait, others are refused."""
    codes = {heard.event.city for heard in reports}
    known, policies_of = await cities.known(work.connection, codes), await policies.of(work.connection, codes)
    allowed = []
    for heard in reports:
        report = heard.event
        policy = policies_of.get(report.city)
        if report.city not in known or policy is None:
            await work.wait_for(heard, POLICIES if report.city in known else CITIES, report.city)
            continue
        terms = policy.at(heard.time)
        objection = objection_to_attestation(report, terms) if terms else NOT_IN_FORCE
        if objection is not None:
            work.refuse(heard, objection.reason, objection.detail)
            continue
        allowed.append(heard)
    return allowed


def _whose(report: AttestationReported, work: Work) -> Hashed:
    return Hashed(
        household=work.identity.new(pseudonyms.household(report.city, report.household), 0),
        subject=work.identity.new(pseudonyms.subject(report.person), 0),
    )
