"""Billers confirm bills, which opens needs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import BILLERS, BillReported, Policy, PolicyTerms

from b40_solidarity import pseudonyms
from b40_solidarity.attested import Attestation, objection_to_amount, objection_to_bill, objection_to_sum
from b40_solidarity.hours import whole_hour
from b40_solidarity.needs.handlers import early
from b40_solidarity.needs.handlers.opening import opened
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import attestations, billers, books, policies
from b40_solidarity.needs.store import needs as store
from b40_solidarity.needs.store.needs import NewNeed
from b40_solidarity.objections import Objection

NEED_KNOWN = Objection("need-known", "need: there is a need with this id already")
BILL_KNOWN = Objection("bill-known", "tag: this bill is open or was paid already")
NOT_IN_FORCE = Objection("policy-not-in-force", "city: its policy does not hold at this time")

Bills = Sequence[Heard[BillReported]]


@hears.batch(BillReported)
async def open_needs(bills: Bills, work: Work) -> None:
    """A need is open from its bill's confirmation on, if its attestation covers it; without one the bill waits."""
    bills = await _of_known_billers(bills, work)
    attested = await _attested(bills, work)
    if len(attested) < len(bills):
        await _let_wait([heard for heard in bills if heard.event.attestation not in attested], work)
    policies_of = await policies.of(work.connection, {heard.event.city for heard in bills})
    resting = [heard for heard in bills if heard.event.attestation in attested]
    accepted = await _accepted(resting, attested, policies_of, work)
    needs = [_need(heard, terms, work) for heard, terms in accepted]
    await _enter(needs, work)
    for (heard, _), need in zip(accepted, needs, strict=True):
        attestation = attested[need.attestation]
        work.announce(opened(need, attestation.city, attestation.household), cause=heard, time=need.since)


async def _of_known_billers(bills: Bills, work: Work) -> Bills:
    """Those whose billers have a key, to which their lines can be encrypted; the others wait for it."""
    known = await billers.of(work.connection, {heard.event.biller for heard in bills})
    for heard in bills:
        if heard.event.biller not in known:
            await work.wait_for(heard, BILLERS, heard.event.biller)
    return [heard for heard in bills if heard.event.biller in known]


async def _attested(bills: Bills, work: Work) -> dict[UUID, Attestation]:
    if not bills:
        return {}
    day = min(heard.time for heard in bills).date()
    return await attestations.lock(work.connection, [heard.event.attestation for heard in bills], day)


async def _let_wait(bills: Bills, work: Work) -> None:
    """Without an attestation yet they wait, but for those whose needs are known already."""
    needs_known = await store.known(work.connection, [heard.event.need for heard in bills])
    entered = await early.let_wait([heard for heard in bills if heard.event.need not in needs_known], work)
    for heard in bills:
        if heard.event.need not in entered:
            work.refuse(heard, NEED_KNOWN.reason, NEED_KNOWN.detail)


async def _accepted(
    bills: Bills, attested: Mapping[UUID, Attestation], policies_of: Mapping[str, Policy], work: Work
) -> list[tuple[Heard[BillReported], PolicyTerms]]:
    """The bills that may be opened, with what holds for them; others are refused. Of the same bill the first stands."""
    needs_known = await store.known(work.connection, [heard.event.need for heard in bills])
    bills_known = await store.known_bills(work.connection, {_bill(heard.event) for heard in bills})
    accepted, counted_minor = [], Counter[tuple[UUID, str]]()
    for heard in bills:
        report, attestation = heard.event, attested[heard.event.attestation]
        policy, whose = policies_of.get(report.city), (attestation.household, report.currency)
        terms = policy.at(heard.time) if policy else None
        objection = objection_to_bill(report, attestation, heard.time)
        if objection is None and report.need in needs_known:
            objection = NEED_KNOWN
        if objection is None and _bill(report) in bills_known:
            objection = BILL_KNOWN
        if objection is None:
            objection = _objection(report, attestation.household_minor + counted_minor[whose], terms)
        if objection is not None or terms is None:
            assert objection is not None, "without terms in force there is an objection"
            work.refuse(heard, objection.reason, objection.detail)
            continue
        needs_known.add(report.need)
        bills_known.add(_bill(report))
        counted_minor[whose] += report.amount_minor
        accepted.append((heard, terms))
    return accepted


def _objection(report: BillReported, opened_minor: int, terms: PolicyTerms | None) -> Objection | None:
    """Why the policy in force does not allow it to a household for which so much is open already, or None."""
    if terms is None:
        return NOT_IN_FORCE
    return objection_to_amount(report, terms) or objection_to_sum(report, opened_minor, terms)


async def _enter(needs: Sequence[NewNeed], work: Work) -> None:
    await store.enter(work.connection, needs)
    await attestations.count_opened(work.connection, [(need.attestation, need.amount_minor) for need in needs])
    sums: Counter[str] = Counter()
    for need in needs:
        sums[need.currency] += need.amount_minor
    for currency, amount_minor in sorted(sums.items()):
        await books.transfer(work.connection, currency, amount_minor, debit="waiting", credit="needs")


def _need(heard: Heard[BillReported], terms: PolicyTerms, work: Work) -> NewNeed:
    report, since = heard.event, whole_hour(heard.time)
    return NewNeed(
        id=report.need,
        attestation=report.attestation,
        kind=report.kind,
        currency=report.currency,
        amount_minor=report.amount_minor,
        biller=report.biller,
        reference=report.reference,
        tag=report.tag,
        since=since,
        k=terms.k,
        f_payers=terms.payers_controlled,
        f_households=terms.f_households,
        border=terms.border,
        vouched=terms.vouches,
        cut_off=report.cut_off,
        working=work.identity.new(pseudonyms.waiting(heard.source, heard.id, since), 0),
        line=work.identity.new(pseudonyms.line(report.need, 1), 0),
    )


def _bill(report: BillReported) -> tuple[str, str]:
    return report.biller, report.tag
