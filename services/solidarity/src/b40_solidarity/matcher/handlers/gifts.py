"""Gifts come in, and into the books."""

from collections import Counter
from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import GiftOpened

from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import books
from b40_solidarity.matcher.store import gifts as store


@hears.batch(GiftOpened)
async def let_gifts_wait(opened: Sequence[Heard[GiftOpened]], work: Work) -> None:
    """Gifts wait for a batch of a pool that they are for."""
    gifts = [heard.event for heard in opened]
    new = await store.enter(work.connection, gifts)
    sums: Counter[str] = Counter()
    for gift in gifts:
        if gift.gift in new:
            sums[gift.currency] += gift.amount_minor
    for currency, amount_minor in sorted(sums.items()):
        await books.transfer(work.connection, currency, amount_minor, debit="waiting", credit="gifts")
