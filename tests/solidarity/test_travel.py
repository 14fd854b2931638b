"""Pay It Forward on real Kafka and PostgreSQL: from attestation, bill and gift to order, settlement and notice."""

from collections.abc import AsyncIterator
from string import ascii_lowercase

import pytest
from b40_contracts.solidarity import (
    TOPICS,
    BatchDecided,
    GiftNoticeRequested,
    GiftOpened,
    GiftsSpent,
    NeedNoticeRequested,
    NeedOpened,
    NeedsOrdered,
    NeedWithdrawalReported,
    OrderPlaced,
    RecordPublished,
    StatisticsPublished,
)

from tests.solidarity.given import attestation, bill, gift_reported, named, sealed
from tests.solidarity.stages import ALL, BATCH_HOUR, MORNING, answer_all, ask, begin, books, close_at, give, only_batch
from tests.support.stage import Stage, moment

FIVE = ascii_lowercase[:5]


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """Istanbul with a policy of k = 5, on the morning of 4 July 2022; batches close at 18:00 UTC."""
    async with Stage(kafka, postgres, *ALL) as stage:
        await begin(stage)
        yield stage


async def test_a_batch_travels_from_bill_and_gift_to_settlement_and_notice(stage: Stage) -> None:
    await ask(stage, FIVE, 9_000)
    await give(stage, FIVE, 10_000)
    await close_at(stage, BATCH_HOUR)
    batch = only_batch(stage)
    assert (batch.households, batch.payers, batch.carried_out_minor) == (5, 5, 5_000)
    (order,) = stage.said(OrderPlaced)
    assert (order.biller, order.total_minor, order.placed_at) == ("iski", 45_000, moment(BATCH_HOUR))
    assert {line.reference for line in order.lines} == {sealed(f"reference {name}") for name in FIVE}
    assert stage.said(NeedNoticeRequested) == stage.said(GiftNoticeRequested) == []
    await answer_all(stage)
    assert {notice.person for notice in stage.said(NeedNoticeRequested)} == {named(f"person {name}") for name in FIVE}
    assert {notice.person for notice in stage.said(GiftNoticeRequested)} == {named(f"giver {name}") for name in FIVE}
    assert await books(stage) == {
        "books": {
            "TRY": {
                "gifts_minor": 50_000,
                "waiting_minor": 0,
                "carried_minor": 5_000,
                "ordered_minor": 0,
                "settled_minor": 45_000,
            }
        },
        "needs_settled": 5,
        "batches": 1,
        "smallest_k": 5,
    }
    await close_at(stage, "2022-07-11T00:00:00")
    (record,), (statistics,) = stage.said(RecordPublished), stage.said(StatisticsPublished)
    assert (record.number, record.spent_minor, record.settled_minor) == (1, 50_000, 45_000)
    assert (statistics.week, statistics.needs_settled) == ("2022-w27", 5)
    assert stage.refusals() == []


async def test_before_the_batch_hour_or_with_fewer_than_k_nothing_happens(stage: Stage) -> None:
    """Breaks if urgency, or the hour alone, closes a batch."""
    await ask(stage, FIVE[:4], 9_000)
    await give(stage, FIVE, 10_000)
    await close_at(stage, BATCH_HOUR)
    await ask(stage, FIVE[4:], 9_000)
    await close_at(stage, "2022-07-05T17:00:00")
    assert stage.said(BatchDecided) == []
    await close_at(stage, "2022-07-05T18:00:00")
    assert only_batch(stage).due == moment("2022-07-05T18:00:00")


async def test_a_rejected_bill_returns_its_money_and_comes_again_with_its_age(stage: Stage) -> None:
    await ask(stage, FIVE, 9_000)
    await give(stage, FIVE, 10_000)
    await close_at(stage, BATCH_HOUR)
    await answer_all(stage, reject=[sealed("reference b")])
    book = (await books(stage))["books"]["TRY"]
    assert (book["carried_minor"], book["ordered_minor"], book["settled_minor"]) == (14_000, 0, 36_000)
    assert len(stage.said(NeedNoticeRequested)) == 4
    first, again = (opened for opened in stage.said(NeedOpened) if opened.household == _rejected_household(stage))
    assert (first.since, first.amount_minor) == (again.since, again.amount_minor)
    assert first.need != again.need


def _rejected_household(stage: Stage) -> object:
    households = [opened.household for opened in stage.said(NeedOpened)]
    return next(household for household in households if households.count(household) == 2)


async def test_a_need_withdrawn_before_its_order_returns_its_money(stage: Stage) -> None:
    withdrawal = NeedWithdrawalReported(need=named("need a"), attestation=named("attestation a"))
    await ask(stage, [*FIVE, "f"], 5_000)
    await give(stage, FIVE, 10_000)
    await stage.publish(withdrawal, time=MORNING)
    await close_at(stage, BATCH_HOUR)
    assert len(only_batch(stage).needs) == 5
    await answer_all(stage)
    rows = await stage.query("solidarity-needs", "SELECT needs, settled, withdrawn FROM book")
    assert [tuple(row) for row in rows] == [(30_000, 25_000, 5_000)]


async def test_what_is_not_acceptable_is_refused_with_its_reason(stage: Stage) -> None:
    await stage.publish(gift_reported("exact", 13_742), time=MORNING)
    await stage.publish(gift_reported("euro", 1_000, currency="EUR"), time=MORNING)
    await stage.publish(bill("nobody", 9_000), time=MORNING)
    await stage.publish(attestation("greedy", cap_minor=60_001), time=MORNING)
    await ask(stage, ["a"], 9_000)
    await stage.publish(bill("again", 9_000, of="a", tag=sealed("bill a")), time=MORNING)
    await stage.publish(bill("too much", 55_000, of="a"), time=MORNING)
    await stage.quiet()
    assert sorted(refusal.reason for refusal in stage.refusals()) == [
        "above-cap",
        "above-cap",
        "bill-known",
        "currency-not-offered",
        "no-attestation",
        "not-a-denomination",
    ]
    (told,) = (refusal for refusal in stage.refusals() if refusal.reason == "not-a-denomination")
    assert told.detail == "amount_minor: a gift in TRY is one of 5000, 10000, 25000"


async def test_neither_side_is_told_anything_of_the_other(stage: Stage) -> None:
    """Breaks if ids, households, payers or causes of one side appear in what the other hears."""
    await ask(stage, FIVE, 9_000)
    await give(stage, FIVE, 10_000)
    await close_at(stage, BATCH_HOUR)
    (ordered,), (spent,) = stage.said(NeedsOrdered), stage.said(GiftsSpent)
    gifts = {str(opened.gift) for opened in stage.said(GiftOpened)} | {str(o.payer) for o in stage.said(GiftOpened)}
    needs = {str(opened.need) for opened in stage.said(NeedOpened)} | {str(o.household) for o in stage.said(NeedOpened)}
    assert not any(word in ordered.model_dump_json() for word in gifts)
    assert not any(word in spent.model_dump_json() for word in needs)
    assert ordered.batch != spent.batch
    sealed_topics = {topic.name for topic in TOPICS if topic.sealed}
    linked = [
        heard for heard in stage.heard if heard.topic in sealed_topics and (heard.correlation or heard.traceparent)
    ]
    assert linked == []
