"""Gifts are withdrawn, and what no batch took of them goes back: the matcher says how much, once and for all."""

from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import GiftClosed, GiftRefunded, GiftWithdrawalReported, RefundDue

from b40_solidarity import pseudonyms
from b40_solidarity.gifts.hears import hears
from b40_solidarity.gifts.store import books
from b40_solidarity.gifts.store import gifts as store
from b40_solidarity.gifts.store.gifts import StoredGift
from b40_solidarity.hours import whole_hour
from b40_solidarity.objections import Objection

NO_GIFT = Objection("no-gift", "gift: there is no such gift of this payment partner")
GIFT_WITHDRAWN = Objection("gift-withdrawn", "gift: it is withdrawn already")
GIFT_SPENT = Objection("gift-spent", "gift: all of it is spent already")


class NotWithdrawn(Exception):
    """A refund of a gift that this side does not know to be withdrawn yet: it is set aside, and replayed later."""


@hears.each(GiftWithdrawalReported)
async def withdraw_gift(heard: Heard[GiftWithdrawalReported], work: Work) -> None:
    """Ask for what waits of it: at this very moment a batch may be taking it."""
    gift = await store.lock(work.connection, heard.event.gift)
    objection = _objection(gift, work.identity.new(pseudonyms.partner(heard.source), 0))
    if gift is None or objection is not None:
        assert objection is not None, "what is not there is objected to"
        work.refuse(heard, objection.reason, objection.detail)
        return
    await store.withdraw(work.connection, gift.id)
    work.announce(GiftClosed(gift=gift.working), cause=heard, time=whole_hour(heard.time))


@hears.each(GiftRefunded)
async def refund_gift(heard: Heard[GiftRefunded], work: Work) -> None:
    """What waited goes back to the payer: the payment partner is told."""
    gift = await store.lock_working(work.connection, heard.event.gift)
    amount_minor = heard.event.amount_minor
    if gift is None or not gift.withdrawn or gift.waiting_minor != amount_minor:
        raise NotWithdrawn("a refund does not suit what is known of its gift")
    await store.refund(work.connection, gift.id)
    await books.transfer(work.connection, gift.currency, amount_minor, debit="refunded", credit="waiting")
    refund = RefundDue(gift=gift.id, currency=gift.currency, amount_minor=amount_minor)
    work.announce(refund, cause=heard, time=heard.time)


def _objection(gift: StoredGift | None, partner: UUID) -> Objection | None:
    if gift is None or gift.partner not in (partner, None):
        return NO_GIFT
    if gift.withdrawn:
        return GIFT_WITHDRAWN
    return GIFT_SPENT if not gift.waiting_minor else None
