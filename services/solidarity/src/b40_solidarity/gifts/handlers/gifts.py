"""Payment partners report gifts."""

from collections import Counter
from collections.abc import Mapping, Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import NETWORK, POLICIES, GiftOpened, GiftReported, Policy

from b40_solidarity import pseudonyms
from b40_solidarity.denominations import objection_to_gift
from b40_solidarity.gifts.hears import hears
from b40_solidarity.gifts.store import books, policies
from b40_solidarity.gifts.store import gifts as store
from b40_solidarity.gifts.store.gifts import NewGift
from b40_solidarity.hours import whole_hour
from b40_solidarity.objections import Objection

GIFT_KNOWN = Objection("gift-known", "gift: there is a gift with this id already")

Gifts = Sequence[Heard[GiftReported]]


@hears.batch(GiftReported)
async def open_gifts(gifts: Gifts, work: Work) -> None:
    """A gift may be spent from its report on, if it is one of the policy's denominations."""
    in_force = await policies.in_force_of(work.connection, {_scope(heard.event) for heard in gifts})
    accepted = await _accepted(gifts, in_force, work)
    entered = [_gift(heard, work) for heard in accepted]
    await _enter(entered, work)
    for heard, gift in zip(accepted, entered, strict=True):
        report = heard.event
        opened = GiftOpened(
            gift=gift.working,
            payer=work.identity.new(pseudonyms.payer(heard.source, report.payer), 0),
            city=report.city,
            kind=report.kind,
            currency=report.currency,
            amount_minor=report.amount_minor,
            since=gift.since,
            k=in_force[_scope(report)].k,
        )
        work.announce(opened, cause=heard, time=gift.since)


async def _accepted(gifts: Gifts, in_force: Mapping[str, Policy], work: Work) -> Gifts:
    """The gifts that may be opened; those without a policy wait for it, the others are refused."""
    known = await store.known(work.connection, [heard.event.gift for heard in gifts])
    accepted = []
    for heard in gifts:
        policy = in_force.get(_scope(heard.event))
        if policy is None:
            await work.wait_for(heard, POLICIES, _scope(heard.event))
            continue
        objection = GIFT_KNOWN if heard.event.gift in known else objection_to_gift(heard.event, policy)
        if objection is not None:
            work.refuse(heard, objection.reason, objection.detail)
        else:
            accepted.append(heard)
    return accepted


async def _enter(gifts: Sequence[NewGift], work: Work) -> None:
    await store.enter(work.connection, gifts)
    sums: Counter[str] = Counter()
    for gift in gifts:
        sums[gift.currency] += gift.amount_minor
    for currency, amount_minor in sorted(sums.items()):
        await books.transfer(work.connection, currency, amount_minor, debit="waiting", credit="gifts")


def _gift(heard: Heard[GiftReported], work: Work) -> NewGift:
    report = heard.event
    return NewGift(
        id=report.gift,
        working=work.new_id(heard),
        payer=report.payer,
        person=report.person,
        city=report.city,
        kind=report.kind,
        currency=report.currency,
        amount_minor=report.amount_minor,
        since=whole_hour(heard.time),
    )


def _scope(report: GiftReported) -> str:
    return report.city or NETWORK
