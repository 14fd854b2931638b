"""What waits of a withdrawn gift is refunded: decided like a batch, so that no decision can take it too."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import RefundDecided

from b40_solidarity.hours import whole_hour
from b40_solidarity.matcher.store import gifts


async def decide_refunds(named: Sequence[UUID], cause: Heard[Any], work: Work) -> None:
    """Of these gifts, decide the refund of those that are withdrawn, wait, and are in no decision."""
    for gift in await gifts.lock_withdrawn(work.connection, named):
        decided = RefundDecided(
            gift=gift.id,
            refund=work.new_id(cause),
            currency=gift.currency,
            amount_minor=gift.waiting_minor,
            part=gift.parts + 1,
        )
        await gifts.reserve(work.connection, [gift.id], decided.refund)
        work.announce(decided, cause=cause, time=whole_hour(cause.time))
