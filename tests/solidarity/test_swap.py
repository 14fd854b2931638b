"""SWAP: who is behind the gifts of a batch changes no byte of what the needs side is told, and the other way round."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from b40_chassis.hears import Connection
from b40_contracts.solidarity import (
    BatchDecided,
    Border,
    GiftOpened,
    GiftsSpent,
    NeedOpened,
    NeedsOrdered,
    Policy,
)
from b40_solidarity.matcher.store import books, gifts, needs, policies, pools
from b40_solidarity.pools import Pool

from tests.solidarity.given import MONDAY, WATER, K, after, named, policy
from tests.solidarity.handled import decide, read_back

HOUR = after(18)
PARTIES = tuple(range(40))
SWAPPED = tuple(index * 7 % 40 for index in PARTIES)
LARGE_MINOR = 900_000
"""Above the share of a party, so that a gift is spent, or a need ordered, in part."""


async def told(connection: Connection, payers: Sequence[int], households: Sequence[int]) -> dict[type, tuple[Any, ...]]:
    """What each side is told of a batch that these payers' gifts and these households' needs make; nothing is kept."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        await wait(connection, payers, households)
        (decision,) = await decide(connection, HOUR)
        sides = await read_back(connection, decision)
    finally:
        await transaction.rollback()
    return {type(one.event): (one.id, one.time, one.key, one.event) for one in (decision, *sides)}


async def wait(connection: Connection, payers: Sequence[int], households: Sequence[int]) -> None:
    """A gift of each of these payers and a need of each of these households wait in Istanbul's pool."""
    pool: dict[str, Any] = {"city": "TRIST", "kind": WATER, "currency": "TRY", "since": MONDAY, "k": K}
    await policies.put(connection, [Policy(**policy().model_dump(), reported_at=MONDAY)])
    await pools.enter(connection, {Pool("TRIST", WATER, "TRY")}, MONDAY)
    await needs.enter(
        connection,
        [
            NeedOpened(
                need=id_of("need", index),
                household=id_of("household", household),
                amount_minor=9_000 + 1_000 * (index % 3) if index else LARGE_MINOR,
                cut_off=date(2022, 7, 5) if index % 8 == 1 else None,
                border=Border.COUNTRY,
                vouched=True,
                **pool,
            )
            for index, household in enumerate(households)
        ],
    )
    await gifts.enter(
        connection,
        [
            GiftOpened(
                gift=id_of("gift", index),
                payer=id_of("payer", payer),
                amount_minor=gift_minor(index),
                epoch="2022-q3",
                partner=named("partner"),
                **pool,
            )
            for index, payer in enumerate(payers)
        ],
    )
    given_minor = sum(gift_minor(index) for index in range(len(payers)))
    await books.transfer(connection, "TRY", given_minor, debit="waiting", credit="gifts")


def gift_minor(index: int) -> int:
    return 10_000 + 15_000 * (index % 2) if index > 1 else LARGE_MINOR


def id_of(kind: str, number: int) -> UUID:
    return named(f"{kind} {number}")


async def test_exchanging_payers_leaves_the_needs_side_as_it_is(connection: Connection) -> None:
    """Breaks if a need's place in a batch, an id or a time hangs on who gave."""
    before, after_swap = await told(connection, PARTIES, PARTIES), await told(connection, SWAPPED, PARTIES)
    assert before[NeedsOrdered] == after_swap[NeedsOrdered]


async def test_exchanging_households_leaves_the_gifts_side_as_it_is(connection: Connection) -> None:
    before, after_swap = await told(connection, PARTIES, PARTIES), await told(connection, PARTIES, SWAPPED)
    assert before[GiftsSpent] == after_swap[GiftsSpent]


@pytest.mark.parametrize("side", [NeedsOrdered, GiftsSpent])
async def test_the_order_in_a_batch_is_not_that_of_arrival_or_ids(connection: Connection, side: type) -> None:
    """Breaks if what a side hears is unshuffled: then the places in both lists could be laid side by side."""
    event = (await told(connection, PARTIES, PARTIES))[side][3]
    ids = [one.need for one in event.needs] if side is NeedsOrdered else [one.gift for one in event.gifts]
    assert len(ids) > len(PARTIES) / 2
    assert ids != sorted(ids)


async def test_the_batch_that_is_swapped_has_parts_and_leaves_some(connection: Connection) -> None:
    """Else the other tests would not see whether these hang on who is behind them."""
    spoken = await told(connection, PARTIES, PARTIES)
    decided, ordered, spent = (spoken[each][3] for each in (BatchDecided, NeedsOrdered, GiftsSpent))
    assert min(len(decided.left_needs), len(decided.left_gifts)) > 0
    assert max(one.amount_minor for one in ordered.needs) not in (9_000, 10_000, 11_000, LARGE_MINOR)
    assert [one.gift for one in spent.gifts if one.left_minor] != []
