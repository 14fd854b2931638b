"""Batches say which gifts were spent, and when their givers may be told."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import (
    GiftBatchFinished,
    GiftNoticeRequested,
    GiftsSpent,
    GreetingRequested,
    NoticeTemplate,
    RefundDue,
)

from b40_solidarity.gifts.hears import hears
from b40_solidarity.gifts.store import books, trees
from b40_solidarity.gifts.store import gifts as store


class UnknownGift(Exception):
    """A batch names a gift that this side does not know yet: it is set aside, and replayed when the gift has come."""


@hears.each(GiftsSpent)
async def spend_gifts(heard: Heard[GiftsSpent], work: Work) -> None:
    """The gifts of a batch, or parts of them, are spent, all of them or none."""
    batch = heard.event
    spent = await store.spend(work.connection, batch.gifts, batch.batch)
    if len(spent) != len(batch.gifts):
        raise UnknownGift(f"{len(batch.gifts) - len(spent)} of {len(batch.gifts)} gifts are unknown or spent already")
    await trees.share(work.connection, batch.batch, {gift.gift: gift.amount_minor for gift in batch.gifts})
    amount_minor = sum(gift.amount_minor for gift in batch.gifts)
    await books.transfer(
        work.connection, batch.currency, amount_minor, debit="spent", credit="waiting", batch=batch.batch
    )
    for gift in spent:
        if gift.withdrawn and not gift.waiting_minor:
            nothing_left = RefundDue(gift=gift.id, currency=gift.currency, amount_minor=0)
            work.announce(nothing_left, cause=heard, time=batch.due)


@hears.each(GiftBatchFinished)
async def tell_givers(heard: Heard[GiftBatchFinished], work: Work) -> None:
    """Who wants it is told that a gift was spent, and somebody that it was in their name; no order says which gift."""
    gifts = await store.to_tell(work.connection, heard.event.batch)
    notices: list[GiftNoticeRequested | GreetingRequested] = []
    for city, giver, honoured in gifts:
        if giver is not None:
            spent = NoticeTemplate.GIFT_SPENT
            notices.append(GiftNoticeRequested(notice=work.new_id(heard), city=city, person=giver, template=spent))
        if honoured is not None:
            notices.append(GreetingRequested(notice=work.new_id(heard), city=city, person=honoured))
    work.random(heard).shuffle(notices)
    for notice in notices:
        work.announce(notice, cause=heard, time=heard.time)
