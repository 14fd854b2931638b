"""Gifts are withdrawn: the refund is decided, announced, and applied when read back."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import GiftClosed, GiftRefunded, RefundDecided, SpentGift

from b40_solidarity.matcher.handlers.refunding import decide_refunds
from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import books, gifts


@hears.each(GiftClosed)
async def withdraw_gift(heard: Heard[GiftClosed], work: Work) -> None:
    """No batch takes it any more; one that is decided with it keeps it, and what that leaves is refunded then."""
    await gifts.withdraw(work.connection, heard.event.gift)
    await decide_refunds([heard.event.gift], heard, work)


@hears.each(RefundDecided)
async def apply_refund(heard: Heard[RefundDecided], work: Work) -> None:
    """A decision read back takes effect, or is void: what it names was taken by an earlier one."""
    decided = heard.event
    await gifts.release(work.connection, decided.refund)
    all_of_it = SpentGift(gift=decided.gift, amount_minor=decided.amount_minor, part=decided.part, left_minor=0)
    if await gifts.any_taken(work.connection, [all_of_it]):
        return
    currency = decided.currency
    entered_minor = await gifts.spend(work.connection, [all_of_it], currency, heard.time)
    await books.transfer(work.connection, currency, entered_minor, debit="waiting", credit="gifts")
    await books.transfer(work.connection, currency, decided.amount_minor, debit="refunded", credit="waiting")
    refunded = GiftRefunded(gift=decided.gift, amount_minor=decided.amount_minor)
    work.announce(refunded, cause=heard, time=heard.time)
