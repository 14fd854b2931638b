"""Billers confirm bills, which opens needs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import BillReported, NeedOpened

from b40_solidarity import pseudonyms
from b40_solidarity.attested import Attestation, objection_to_bill
from b40_solidarity.hours import whole_hour
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import attestations, books, policies
from b40_solidarity.needs.store import needs as store
from b40_solidarity.needs.store.needs import NewNeed
from b40_solidarity.objections import Objection

NEED_KNOWN = Objection("need-known", "need: there is a need with this id already")
BILL_KNOWN = Objection("bill-known", "tag: this bill is open or was paid already")

Bills = Sequence[Heard[BillReported]]


@hears.batch(BillReported)
async def open_needs(bills: Bills, work: Work) -> None:
    """A need is open from its bill's confirmation on, if its attestation covers it."""
    attested = await attestations.lock(work.connection, [heard.event.attestation for heard in bills])
    accepted = await _accepted(bills, attested, work)
    in_force = await policies.in_force_of(work.connection, {heard.event.city for heard in accepted})
    needs = [_need(heard, in_force[heard.event.city].k, work) for heard in accepted]
    await _enter(needs, work)
    for heard, need in zip(accepted, needs, strict=True):
        attestation = attested[need.attestation]
        household = pseudonyms.household(attestation.city, attestation.household)
        opened = NeedOpened(
            need=need.working,
            household=work.identity.new(household, 0),
            city=attestation.city,
            kind=heard.event.kind,
            currency=need.currency,
            amount_minor=need.amount_minor,
            since=need.since,
            k=need.k,
        )
        work.announce(opened, cause=heard, time=need.since)


async def _accepted(bills: Bills, attested: Mapping[UUID, Attestation], work: Work) -> Bills:
    """The bills that may be opened, the others refused; of bills that are the same the first stands."""
    needs_known = await store.known(work.connection, [heard.event.need for heard in bills])
    bills_known = await store.known_bills(work.connection, {_bill(heard.event) for heard in bills})
    accepted = []
    for heard in bills:
        report = heard.event
        objection = objection_to_bill(report, attested.get(report.attestation), heard.time)
        if objection is None and report.need in needs_known:
            objection = NEED_KNOWN
        if objection is None and _bill(report) in bills_known:
            objection = BILL_KNOWN
        if objection is not None:
            work.refuse(heard, objection.reason, objection.detail)
            continue
        needs_known.add(report.need)
        bills_known.add(_bill(report))
        accepted.append(heard)
    return accepted


async def _enter(needs: Sequence[NewNeed], work: Work) -> None:
    await store.enter(work.connection, needs)
    await attestations.count_opened(work.connection, [(need.attestation, need.amount_minor) for need in needs])
    sums: Counter[str] = Counter()
    for need in needs:
        sums[need.currency] += need.amount_minor
    for currency, amount_minor in sorted(sums.items()):
        await books.transfer(work.connection, currency, amount_minor, debit="waiting", credit="needs")


def _need(heard: Heard[BillReported], k: int, work: Work) -> NewNeed:
    report = heard.event
    return NewNeed(
        id=report.need,
        attestation=report.attestation,
        kind=report.kind,
        currency=report.currency,
        amount_minor=report.amount_minor,
        biller=report.biller,
        reference=report.reference,
        tag=report.tag,
        since=whole_hour(heard.time),
        k=k,
        working=work.new_id(heard),
        line=work.new_id(heard),
    )


def _bill(report: BillReported) -> tuple[str, str]:
    return report.biller, report.tag
