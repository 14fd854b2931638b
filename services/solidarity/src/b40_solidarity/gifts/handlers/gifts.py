"""Payment partners report gifts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import NETWORK, POLICIES, Border, GiftOpened, GiftReported, Policy, PolicyTerms

from b40_solidarity import pseudonyms
from b40_solidarity.denominations import objection_to_gift, objection_to_sum
from b40_solidarity.epochs import epoch_of
from b40_solidarity.gifts.hears import hears
from b40_solidarity.gifts.store import books, erasures, payers, policies
from b40_solidarity.gifts.store import gifts as store
from b40_solidarity.gifts.store.gifts import NewGift
from b40_solidarity.gifts.store.payers import PayerEpoch
from b40_solidarity.hours import whole_hour
from b40_solidarity.objections import Objection

NOT_IN_FORCE = Objection("policy-not-in-force", "city: the policy is announced, and does not hold yet")
GIFT_KNOWN = Objection("gift-known", "gift: there is a gift with this id already")

Gifts = Sequence[Heard[GiftReported]]


class Accepted(NamedTuple):
    """A gift that may be opened: what holds for it, and whose it is."""

    heard: Heard[GiftReported]
    terms: PolicyTerms
    payer: PayerEpoch


@hears.batch(GiftReported)
async def open_gifts(gifts: Gifts, work: Work) -> None:
    """A gift may be spent from its report on, if it is one of the policy's denominations."""
    policies_of = await policies.of(work.connection, {_scope(heard.event) for heard in gifts})
    accepted = await _accepted(gifts, policies_of, work)
    entered = await _without_the_erased([_gift(one.heard, one.payer.payer, work) for one in accepted], work)
    await _enter(entered, work)
    for one, gift in zip(accepted, entered, strict=True):
        work.announce(_opened(one, gift), cause=one.heard, time=gift.since)


def _opened(accepted: Accepted, gift: NewGift) -> GiftOpened:
    report, terms = accepted.heard.event, accepted.terms
    return GiftOpened(
        gift=gift.working,
        payer=gift.payer,
        city=report.city,
        kind=report.kind,
        currency=report.currency,
        amount_minor=report.amount_minor,
        since=gift.since,
        k=terms.k,
        f_payers=terms.payers_controlled,
        f_households=terms.f_households,
        border=terms.border if report.city else Border.NETWORK,
        epoch=accepted.payer.epoch,
        partner=gift.partner,
    )


async def _accepted(gifts: Gifts, policies_of: Mapping[str, Policy], work: Work) -> list[Accepted]:
    """The gifts that may be opened, with what holds for them; those without a policy wait for it, others refused."""
    known = await store.known(work.connection, [heard.event.gift for heard in gifts])
    acceptable = []
    for heard in gifts:
        policy = policies_of.get(_scope(heard.event))
        if policy is None:
            await work.wait_for(heard, POLICIES, _scope(heard.event))
            continue
        terms = policy.at(heard.time)
        objection = _objection(heard.event, terms, is_known=heard.event.gift in known)
        if objection is not None:
            work.refuse(heard, objection.reason, objection.detail)
        else:
            assert terms is not None, "without terms in force there is an objection"
            known.add(heard.event.gift)
            acceptable.append(Accepted(heard, terms, _payer_epoch(heard, terms, work)))
    return await _within_caps(acceptable, work)


def _objection(report: GiftReported, terms: PolicyTerms | None, *, is_known: bool) -> Objection | None:
    if is_known:
        return GIFT_KNOWN
    return objection_to_gift(report, terms) if terms else NOT_IN_FORCE


async def _within_caps(gifts: Sequence[Accepted], work: Work) -> list[Accepted]:
    """Those of these gifts with which no payer gives more than it may in an epoch; others are refused. All is counted,
    also what goes back later: else somebody could fill a batch with the same money again and again."""
    given_minor = await payers.lock(work.connection, {one.payer for one in gifts})
    within = []
    for one in gifts:
        heard, terms, payer = one
        sum_minor = given_minor[payer] + heard.event.amount_minor
        objection = objection_to_sum(heard.event, sum_minor, terms)
        if objection is not None:
            work.refuse(heard, objection.reason, objection.detail)
            continue
        given_minor[payer] = sum_minor
        within.append(one)
    await payers.put(work.connection, given_minor)
    return within


def _payer_epoch(heard: Heard[GiftReported], terms: PolicyTerms, work: Work) -> PayerEpoch:
    payer = work.identity.new(pseudonyms.payer(heard.source, heard.event.payer), 0)
    return PayerEpoch(payer, epoch_of(heard.time, terms.token_epoch), heard.event.currency)


async def _without_the_erased(gifts: Sequence[NewGift], work: Work) -> list[NewGift]:
    """These gifts, with nothing of who is erased, whom a restored database may hear of again."""
    honoured = {gift.honoured: _subject(gift.honoured, work) for gift in gifts if gift.honoured}
    erased = await erasures.among(work.connection, {gift.subject for gift in gifts} | set(honoured.values()))
    forgotten = []
    for gift in gifts:
        if gift.subject in erased:
            gift = replace(gift, person=None, receipt=None)
        if gift.honoured and honoured[gift.honoured] in erased:
            gift = replace(gift, honoured=None)
        forgotten.append(gift)
    return forgotten


async def _enter(gifts: Sequence[NewGift], work: Work) -> None:
    await store.enter(work.connection, gifts)
    sums: Counter[str] = Counter()
    for gift in gifts:
        sums[gift.currency] += gift.amount_minor
    for currency, amount_minor in sorted(sums.items()):
        await books.transfer(work.connection, currency, amount_minor, debit="waiting", credit="gifts")


def _gift(heard: Heard[GiftReported], payer: UUID, work: Work) -> NewGift:
    report, since = heard.event, whole_hour(heard.time)
    return NewGift(
        id=report.gift,
        working=work.identity.new(pseudonyms.waiting(heard.source, heard.id, since), 0),
        payer=payer,
        subject=_subject(report.person or report.gift, work),
        person=report.person,
        city=report.city,
        kind=report.kind,
        currency=report.currency,
        amount_minor=report.amount_minor,
        since=since,
        receipt=bytes.fromhex(report.receipt) if report.receipt else None,
        honoured=report.honoured,
        partner=work.identity.new(pseudonyms.partner(heard.source), 0),
    )


def _subject(person: UUID, work: Work) -> UUID:
    return work.identity.new(pseudonyms.subject(person), 0)


def _scope(report: GiftReported) -> str:
    return report.city or NETWORK
