"""Gifts are withdrawn: what no batch took goes back, once, and no batch takes what goes back."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from b40_chassis.hears import Connection
from b40_chassis.work import Announcement
from b40_contracts.solidarity import (
    GIFTS,
    BatchDecided,
    CurrencyRules,
    GiftClosed,
    GiftOpened,
    GiftRefunded,
    GiftsSpent,
    GiftWithdrawalReported,
    Policy,
    RefundDecided,
    RefundDue,
    SpentGift,
)
from b40_solidarity.gifts.handlers.batches import spend_gifts
from b40_solidarity.gifts.handlers.gifts import open_gifts
from b40_solidarity.gifts.handlers.withdrawals import withdraw_gift as withdraw_reported
from b40_solidarity.gifts.store import policies
from b40_solidarity.matcher.handlers.refunds import apply_refund, withdraw_gift
from b40_solidarity.matcher.store import books, gifts, left_out, needs

from tests.solidarity.given import MONDAY, K, after, gift_reported, named, policy
from tests.solidarity.handled import (
    announced_by,
    batches,
    decide,
    gift_opened,
    heard,
    let_wait,
    need_opened,
    read_back,
    state_policy,
)
from tests.solidarity.stages import ALL, BATCH_HOUR, MORNING, ask, begin, close_at, give
from tests.support.stage import Stage

HOUR = after(18)
EVENING = "2022-07-04T17:30:00"
FIVE = "abcde"


async def waiting(connection: Connection, gifts: int = K) -> None:
    """Needs of five households and as many gifts as are said wait in Istanbul's pool."""
    await state_policy(connection)
    await let_wait(
        connection,
        [need_opened(str(number), 9_000) for number in range(K)],
        [gift_opened(str(number), 10_000) for number in range(gifts)],
    )


async def withdrawn(connection: Connection, name: str) -> list[Announcement]:
    """What follows from the withdrawal of a gift."""
    closed = heard(GiftClosed(gift=named(f"gift {name}")), f"closed {name}", after(17))
    return await announced_by(connection, withdraw_gift, closed, after(17))


async def read_refund_back(connection: Connection, decision: Announcement) -> list[Announcement]:
    assert decision.event is not None
    cause = heard(decision.event, str(decision.id), decision.time)
    return await announced_by(connection, apply_refund, cause, decision.time)


async def sums(connection: Connection) -> dict[str, int]:
    return {name: amount for name, amount in (await books.all_of_them(connection))["TRY"].items() if amount}


def said(announced: Sequence[Announcement], event: type) -> list[Any]:
    return [one.event for one in announced if isinstance(one.event, event)]


async def test_what_waits_is_refunded_and_no_batch_takes_it(connection: Connection) -> None:
    """Breaks if the same money goes back and pays bills."""
    await waiting(connection)
    (decision,) = await withdrawn(connection, "0")
    assert isinstance(decision.event, RefundDecided)
    assert batches(await decide(connection, HOUR)) == []
    assert said(await read_refund_back(connection, decision), GiftRefunded) == [
        GiftRefunded(gift=named("gift 0"), amount_minor=10_000)
    ]
    assert await sums(connection) == {"gifts_minor": 50_000, "waiting_minor": 40_000, "refunded_minor": 10_000}
    assert batches(await decide(connection, after(42))) == []


async def test_what_a_batch_takes_at_this_moment_it_keeps_and_the_rest_is_refunded(connection: Connection) -> None:
    """Breaks if a decision and a refund can both have the same part of a gift, or if the rest waits for ever."""
    await waiting(connection)
    (decision,) = await decide(connection, HOUR)
    assert isinstance(decision.event, BatchDecided)
    assert await withdrawn(connection, "0") == []
    (left,) = (one.left_minor for one in decision.event.gifts if one.gift == named("gift 0"))
    assert left > 0
    (refund,) = said(await read_back(connection, decision), RefundDecided)
    assert (refund.gift, refund.amount_minor, refund.part) == (named("gift 0"), left, 2)


async def test_what_a_batch_that_is_void_gives_free_is_refunded(connection: Connection) -> None:
    await waiting(connection)
    (decision,) = await decide(connection, HOUR)
    await withdrawn(connection, "0")
    assert isinstance(decision.event, BatchDecided)
    void = decision._replace(event=decision.event.model_copy(update={"number": 2}))
    (refund,) = said(await read_back(connection, void), RefundDecided)
    assert (refund.amount_minor, refund.part) == (10_000, 1)


@pytest.mark.parametrize("first", ["batch", "refund"])
async def test_of_two_decisions_about_a_gift_the_first_counts(connection: Connection, first: str) -> None:
    """Breaks if a restored matcher, which decides again before it has heard all, spends what went back."""
    await waiting(connection)
    savepoint = connection.transaction()
    await savepoint.start()
    (batch,) = await decide(connection, HOUR)
    await savepoint.rollback()
    (refund,) = await withdrawn(connection, "0")
    if first == "batch":
        assert said(await read_back(connection, batch), GiftsSpent) != []
        assert said(await read_refund_back(connection, refund), GiftRefunded) == []
        assert "refunded_minor" not in await sums(connection)
    else:
        assert said(await read_refund_back(connection, refund), GiftRefunded) != []
        assert await read_back(connection, batch) == []
        assert (await sums(connection))["refunded_minor"] == 10_000


async def test_of_what_is_over_the_id_alone_is_kept(connection: Connection) -> None:
    """Breaks if the matcher's database says for longer than needed who asked and who gave."""
    await waiting(connection, gifts=K + 1)
    (refund,) = await withdrawn(connection, "5")
    await read_refund_back(connection, refund)
    (decision,) = await decide(connection, HOUR)
    await read_back(connection, decision)
    asked = "SELECT count(*) FROM need WHERE num_nonnulls(pool, household, since, cut_off) > 0"
    assert await connection.fetchval(f"{asked} AND state <> 'open'") == 0
    assert await connection.fetchval("SELECT count(*) FROM need WHERE over_at IS NOT NULL") >= K
    kept = await connection.fetchrow("SELECT payer, epoch, partner, since, over_at FROM gift WHERE waiting_minor = 0")
    assert kept is not None
    assert tuple(kept) == (None, None, None, None, after(17))


async def test_after_the_memory_not_even_the_id_is_kept(connection: Connection) -> None:
    """Breaks if what chance left once is known for ever by who else was left at that hour."""
    await waiting(connection)
    await let_wait(connection, [need_opened("withdrawn", 9_000)], [])
    ids = [named(f"{what} {number}") for what in ("need", "gift") for number in range(K)] + [named("need withdrawn")]
    await left_out.note(connection, ids, after(17))
    await needs.close(connection, [named("need withdrawn")], after(17))
    (decision,) = await decide(connection, HOUR)
    await read_back(connection, decision)
    await connection.execute("UPDATE gift SET over_at = $1, waiting_minor = 0", HOUR)
    for store in (needs, gifts):
        await store.forget_over(connection, HOUR + timedelta(seconds=1))
    for table in ("need", "gift", "left_out"):
        assert await connection.fetchval(f"SELECT count(*) FROM {table} WHERE id = ANY($1)", ids) == 0  # noqa: S608


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """Istanbul, where a payer may give 200.00 in a quarter."""
    async with Stage(kafka, postgres, *ALL) as stage:
        await begin(stage)
        rules = CurrencyRules(currency="TRY", denominations=(5_000, 10_000), cap_minor=60_000, payer_cap_minor=20_000)
        await stage.publish(policy(currencies=(rules,)), time="2022-07-02")
        await stage.quiet()
        yield stage


async def withdraw(stage: Stage, name: str, *, partner: str | None = None) -> None:
    report = GiftWithdrawalReported(gift=named(f"gift {name}"))
    await stage.publish(report, time=EVENING, **({"source": partner} if partner else {}))
    await stage.quiet()


async def test_a_gift_goes_back_to_its_payer_once_and_another_partner_cannot_have_it(stage: Stage) -> None:
    """Breaks if somebody else's report sends money away, or a withdrawal is answered never or twice."""
    await ask(stage, FIVE, 9_000)
    await give(stage, "abcdef", 10_000)
    await stage.quiet()
    await withdraw(stage, "f", partner="//another.example/partner")
    assert stage.said(RefundDue) == []
    await withdraw(stage, "f")
    await withdraw(stage, "f")
    assert stage.said(RefundDue) == [RefundDue(gift=named("gift f"), currency="TRY", amount_minor=10_000)]
    await close_at(stage, BATCH_HOUR)
    await withdraw(stage, "a")
    (partly,) = stage.said(RefundDue)[1:]
    spent = {one.gift: one.amount_minor for one in stage.said(GiftsSpent)[0].gifts}
    assert 10_000 - partly.amount_minor in spent.values()
    await withdraw(stage, "nothing")
    assert [refusal.reason for refusal in stage.refusals()] == ["no-gift", "gift-withdrawn", "no-gift"]
    rows = await stage.query("solidarity-gifts", "SELECT gifts, spent, refunded FROM book")
    (told,) = ((row["gifts"], row["spent"] + 0, row["refunded"]) for row in rows)
    assert told == (60_000, 45_000, 10_000 + partly.amount_minor)


async def test_a_batch_that_takes_all_of_a_withdrawn_gift_leaves_nothing_to_refund(
    gifts_connection: Connection,
) -> None:
    """Breaks if the payment partner waits for ever for what became of a withdrawal."""
    report = heard(gift_reported("a", 10_000), "gift", after(9))
    await policies.put(gifts_connection, [Policy(**policy().model_dump(), reported_at=MONDAY)])
    (opened,) = said(await announced_by(gifts_connection, open_gifts, [report], after(9), GIFTS), GiftOpened)
    withdrawal = heard(GiftWithdrawalReported(gift=named("gift a")), "withdrawal", after(17))
    assert said(await announced_by(gifts_connection, withdraw_reported, withdrawal, after(17), GIFTS), GiftClosed)
    spent = SpentGift(gift=opened.gift, amount_minor=10_000)
    batch = heard(GiftsSpent(batch=named("batch"), currency="TRY", due=HOUR, gifts=(spent,)), "spent", HOUR)
    (due,) = said(await announced_by(gifts_connection, spend_gifts, batch, HOUR, GIFTS), RefundDue)
    assert due == RefundDue(gift=named("gift a"), currency="TRY", amount_minor=0)


async def test_a_payer_gives_no_more_in_an_epoch_than_the_policy_allows(stage: Stage) -> None:
    """Breaks if a payer fills batches alone, or if what went back does not count: the same money could come again."""
    for number in (1, 2):
        await stage.publish(gift_reported(f"a{number}", 10_000, payer="a"), time=MORNING)
    await stage.quiet()
    await withdraw(stage, "a1")
    await stage.publish(gift_reported("a3", 5_000, payer="a"), time=MORNING)
    await stage.publish(gift_reported("b1", 10_000, payer="b"), time=MORNING)
    await stage.publish(gift_reported("a4", 10_000, payer="a"), time="2022-10-01T09:00:00")
    await stage.quiet()
    (refusal,) = stage.refusals()
    assert refusal.reason == "above-payer-cap"
    assert refusal.detail == "amount_minor: a payer gives at most 20000 in an epoch; with this it were 25000"
    assert [opened.epoch for opened in stage.said(GiftOpened)].count("2022-q4") == 1
    assert len(stage.said(GiftOpened)) == 4
