"""Needs are opened: the bills that an attestation and the policy allow; and what the matcher is told of each."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import BillReported, Border, NeedOpened, Policy, PolicyTerms, SupportKind

from b40_solidarity import pseudonyms
from b40_solidarity.attested import Attestation, objection_to_amount, objection_to_bill, objection_to_sum
from b40_solidarity.hours import whole_hour
from b40_solidarity.needs.store import attestations, books, policies
from b40_solidarity.needs.store import needs as store
from b40_solidarity.needs.store.needs import NewNeed, StoredNeed
from b40_solidarity.objections import Objection

NEED_KNOWN = Objection("need-known", "need: there is a need with this id already")
BILL_KNOWN = Objection("bill-known", "tag: this bill is open or was paid already")
NOT_IN_FORCE = Objection("policy-not-in-force", "city: its policy does not hold at this time")

Bills = Sequence[Heard[BillReported]]


async def open_attested(bills: Bills, work: Work) -> Bills:
    """Open what the attestations of these bills allow, and refuse the others. Returns those without an attestation."""
    if not bills:
        return []
    attested = await attestations.lock(work.connection, [heard.event.attestation for heard in bills])
    policies_of = await policies.of(work.connection, {heard.event.city for heard in bills})
    resting = [heard for heard in bills if heard.event.attestation in attested]
    accepted = await _accepted(resting, attested, policies_of, work)
    needs = [_need(heard, terms, work) for heard, terms in accepted]
    await _enter(needs, work)
    for (heard, _), need in zip(accepted, needs, strict=True):
        attestation = attested[need.attestation]
        work.announce(opened(need, attestation.city, attestation.household), cause=heard, time=need.since)
    return [heard for heard in bills if heard.event.attestation not in attested]


def opened(need: NewNeed | StoredNeed, city: str, household: UUID) -> NeedOpened:
    """A need, or its next part, of a household, by its keyed hash."""
    return NeedOpened(
        need=need.working,
        household=household,
        city=city,
        kind=SupportKind(need.kind),
        currency=need.currency,
        amount_minor=need.amount_minor,
        since=need.since,
        k=need.k,
        f_payers=need.f_payers,
        f_households=need.f_households,
        border=Border(need.border),
        cut_off=need.cut_off,
        vouched=need.vouched,
        part=need.part,
    )


async def _accepted(
    bills: Bills, attested: Mapping[UUID, Attestation], policies_of: Mapping[str, Policy], work: Work
) -> list[tuple[Heard[BillReported], PolicyTerms]]:
    """The bills that may be opened, with what holds for them; others are refused. Of the same bill the first stands."""
    so_far, of_household = dict(attested), _by_household(attested)
    needs_known = await store.known(work.connection, [heard.event.need for heard in bills])
    bills_known = await store.known_bills(work.connection, {_bill(heard.event) for heard in bills})
    accepted = []
    for heard in bills:
        report, attestation = heard.event, so_far[heard.event.attestation]
        policy = policies_of.get(report.city)
        terms = policy.at(heard.time) if policy else None
        objection = objection_to_bill(report, attestation, heard.time)
        if objection is None and report.need in needs_known:
            objection = NEED_KNOWN
        if objection is None and _bill(report) in bills_known:
            objection = BILL_KNOWN
        if objection is None:
            theirs = [so_far[one] for one in of_household[attestation.household, attestation.currency]]
            objection = _objection(report, _opened_minor(theirs, heard.time.date()), terms)
        if objection is not None or terms is None:
            assert objection is not None, "without terms in force there is an objection"
            work.refuse(heard, objection.reason, objection.detail)
            continue
        needs_known.add(report.need)
        bills_known.add(_bill(report))
        opened_minor = attestation.opened_minor + report.amount_minor
        so_far[report.attestation] = replace(attestation, opened_minor=opened_minor)
        accepted.append((heard, terms))
    return accepted


def _by_household(attested: Mapping[UUID, Attestation]) -> Mapping[tuple[UUID, str], Sequence[UUID]]:
    """The attestations of each household in each currency."""
    found: dict[tuple[UUID, str], list[UUID]] = defaultdict(list)
    for id_, one in attested.items():
        found[one.household, one.currency].append(id_)
    return found


def _opened_minor(attested: Sequence[Attestation], day: date) -> int:
    """What was opened under those of these attestations that hold on a day."""
    return sum(one.opened_minor for one in attested if one.until >= day)


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
