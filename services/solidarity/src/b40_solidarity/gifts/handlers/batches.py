"""Batches say which gifts were spent, and when their givers may be told."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import GiftBatchFinished, GiftNoticeRequested, GiftsSpent, NoticeTemplate

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
    if spent != len(batch.gifts):
        raise UnknownGift(f"{len(batch.gifts) - spent} of {len(batch.gifts)} gifts are unknown or spent already")
    await trees.share(work.connection, batch.batch, {gift.gift: gift.amount_minor for gift in batch.gifts})
    amount_minor = sum(gift.amount_minor for gift in batch.gifts)
    await books.transfer(
        work.connection, batch.currency, amount_minor, debit="spent", credit="waiting", batch=batch.batch
    )


@hears.each(GiftBatchFinished)
async def tell_givers(heard: Heard[GiftBatchFinished], work: Work) -> None:
    """Those who want it are told that their gifts were spent, in an order that says nothing."""
    givers = await store.givers_to_tell(work.connection, heard.event.batch)
    work.random(heard).shuffle(givers)
    for city, person in givers:
        notice = GiftNoticeRequested(
            notice=work.new_id(heard), city=city, person=person, template=NoticeTemplate.GIFT_SPENT
        )
        work.announce(notice, cause=heard, time=heard.time)
