"""Who is told of a batch of gifts: in an order that does not say who gave in whose name."""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import pytest
from b40_chassis.hears import Connection
from b40_contracts.solidarity import GIFTS, GiftBatchFinished, GiftNoticeRequested, GreetingRequested
from b40_solidarity.gifts.handlers.batches import tell_givers
from b40_solidarity.gifts.store import gifts
from b40_solidarity.gifts.store.gifts import ToTell

from tests.solidarity.given import after, named
from tests.solidarity.handled import announced_by, heard

COUNT = 50


async def test_notices_of_one_gift_do_not_come_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if who reads the topic, or the table of what is to be said, learns who gave in whose name."""

    async def to_tell(_connection: Connection, _batch: UUID) -> Sequence[ToTell]:
        return [ToTell("TRIST", named(f"giver {number}"), named(f"honoured {number}")) for number in range(COUNT)]

    monkeypatch.setattr(gifts, "to_tell", to_tell)
    finished = heard(GiftBatchFinished(batch=named("batch")), "finished", after(18))
    said: list[Any] = await announced_by(cast(Any, None), tell_givers, finished, after(18), GIFTS)
    assert {type(one.event) for one in said} == {GiftNoticeRequested, GreetingRequested}
    place = {one.event.person: index for index, one in enumerate(said)}
    apart = [place[named(f"honoured {number}")] - place[named(f"giver {number}")] for number in range(COUNT)]
    assert len(place) == 2 * COUNT
    assert len(set(apart)) > COUNT // 2, "no distance says which belong together"
