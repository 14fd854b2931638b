"""Cities attest that households are eligible."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.registry import CITIES
from b40_contracts.solidarity import POLICIES, AttestationReported

from b40_solidarity import pseudonyms
from b40_solidarity.attested import objection_to_attestation
from b40_solidarity.needs.handlers import early
from b40_solidarity.needs.handlers.bills import open_needs
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import attestations as store
from b40_solidarity.needs.store import cities, erasures, policies
from b40_solidarity.needs.store.attestations import Hashed
from b40_solidarity.objections import Objection

NOT_IN_FORCE = Objection("policy-not-in-force", "city: its policy is announced, and does not hold yet")


@hears.each(AttestationReported)
async def enter_attestation(heard: Heard[AttestationReported], work: Work) -> None:
    """An attestation holds if its city's policy allows it. Bills that waited for it are opened, one after the other."""
    report = heard.event
    if not await cities.is_known(work.connection, report.city):
        await work.wait_for(heard, CITIES, report.city)
        return
    policy = (await policies.of(work.connection, {report.city})).get(report.city)
    if policy is None:
        await work.wait_for(heard, POLICIES, report.city)
        return
    terms = policy.at(heard.time)
    objection = objection_to_attestation(report, terms) if terms else NOT_IN_FORCE
    if objection is not None:
        work.refuse(heard, objection.reason, objection.detail)
        return
    whose = Hashed(
        household=work.identity.new(pseudonyms.household(report.city, report.household), 0),
        subject=work.identity.new(pseudonyms.subject(report.person), 0),
    )
    erased_at = await erasures.reported_at(work.connection, whose.subject)
    if erased_at is not None and heard.appended > erased_at:
        work.refuse(heard, "person-erased", "person: was erased; its id is not used again")
        return
    await store.enter(work.connection, report, whose, erased=erased_at is not None)
    for bill in await early.attested(report.attestation, work):
        await open_needs([bill], work)
