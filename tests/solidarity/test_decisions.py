"""Decisions of the matcher, read back: the first counts, a contradicting one is void, an unknown one is entered."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from b40_contracts.solidarity import (
    BatchDecided,
    GiftOpened,
    GiftsSpent,
    NeedOpened,
    NeedsOrdered,
    OrderedNeed,
    SpentGift,
    SupportKind,
)
from b40_solidarity.matcher.app import application

from tests.solidarity.given import POOL, K, named
from tests.solidarity.stages import books
from tests.support.stage import Stage, moment

ACCOUNTS = ("gifts", "waiting", "carried", "ordered", "settled", "refunded")
EMPTY = dict.fromkeys([f"{account}_minor" for account in ACCOUNTS], 0)
HOUR, LATER = moment("2022-07-04T18:00:00"), moment("2022-07-05T18:00:00")


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """The matcher alone."""
    async with Stage(kafka, postgres, application) as stage:
        await stage.tick("2022-07-04")
        await stage.quiet()
        yield stage


def decided(number: int, name: str = "first", **changes: Any) -> BatchDecided:
    """A batch of five gifts of 100.00 and five needs of 90.00."""
    return BatchDecided(
        **{
            "pool": POOL,
            "number": number,
            "due": HOUR,
            "city": "TRIST",
            "kind": SupportKind.WATER_BILL,
            "currency": "TRY",
            "needs_batch": named(f"needs of {name}"),
            "gifts_batch": named(f"gifts of {name}"),
            "gifts": tuple(SpentGift(gift=named(f"gift {index}"), amount_minor=10_000) for index in range(K)),
            "needs": tuple(OrderedNeed(need=named(f"need {index}"), amount_minor=9_000) for index in range(K)),
            "carried_in_minor": 0,
            "carried_out_minor": 5_000,
            "k": K,
            "payers": K,
            "households": K,
            **changes,
        }
    )


def gift_opened(index: int) -> GiftOpened:
    return GiftOpened(
        gift=named(f"gift {index}"),
        payer=named(f"payer {index}"),
        city="TRIST",
        kind=SupportKind.WATER_BILL,
        currency="TRY",
        amount_minor=10_000,
        since=moment("2022-07-04T09:00:00"),
        k=K,
    )


def need_opened(index: int) -> NeedOpened:
    return NeedOpened(
        need=named(f"need {index}"),
        household=named(f"household {index}"),
        city="TRIST",
        kind=SupportKind.WATER_BILL,
        currency="TRY",
        amount_minor=9_000,
        since=moment("2022-07-04T09:00:00"),
        k=K,
    )


async def test_a_decision_that_a_restored_matcher_does_not_know_is_entered_from_it(stage: Stage) -> None:
    """Breaks if gifts that come after the decision that spent them count again."""
    await stage.publish(decided(1))
    await stage.quiet()
    spent = {**EMPTY, "gifts_minor": 50_000, "carried_minor": 5_000, "ordered_minor": 45_000}
    assert (await books(stage))["books"] == {"TRY": spent}
    for index in range(K):
        await stage.publish(gift_opened(index))
        await stage.publish(need_opened(index))
    await stage.quiet()
    assert (await books(stage))["books"] == {"TRY": spent}
    waiting = await stage.query("solidarity-matcher", "SELECT id FROM need WHERE state = 'open'")
    assert waiting == []


async def test_of_two_decisions_that_name_the_same_the_first_counts(stage: Stage) -> None:
    """INVARIANT: nothing is spent or ordered twice, in whichever pool a later decision names it."""
    await stage.publish(decided(1))
    await stage.publish(decided(1, "twin", due=LATER))
    await stage.publish(decided(2, "second", due=LATER))
    other = "TRIST~gas-bill~TRY"
    await stage.publish(decided(1, "other pool", pool=other, kind=SupportKind.GAS_BILL))
    await stage.quiet()
    assert (await books(stage))["batches"] == 1
    assert [ordered.batch for ordered in stage.said(NeedsOrdered)] == [named("needs of first")]
    assert [spent.batch for spent in stage.said(GiftsSpent)] == [named("gifts of first")]


async def test_a_void_decision_frees_what_it_had_reserved_and_deciding_goes_on(stage: Stage) -> None:
    """Breaks if what a void decision named stays reserved: it would wait for ever."""
    for index in range(K):
        await stage.publish(gift_opened(index))
        await stage.publish(need_opened(index))
    await stage.quiet()
    await stage.query("solidarity-matcher", "UPDATE need SET reserved = $1", named("needs of void"))
    await stage.query("solidarity-matcher", "UPDATE gift SET reserved = $1", named("gifts of void"))
    await stage.publish(decided(3, "void"))
    await stage.quiet()
    reserved = "SELECT id FROM need WHERE reserved IS NOT NULL UNION SELECT id FROM gift WHERE reserved IS NOT NULL"
    assert await stage.query("solidarity-matcher", reserved) == []
    assert (await books(stage))["batches"] == 0
    await stage.publish(decided(1))
    await stage.quiet()
    assert (await books(stage))["batches"] == 1
