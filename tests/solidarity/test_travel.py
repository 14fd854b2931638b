"""Pay It Forward on real Kafka and PostgreSQL: from attestation, bill and gift to order, settlement and notice."""

from collections import Counter
from string import ascii_lowercase
from typing import Any

from b40_contracts.solidarity import (
    NETWORK,
    TOPICS,
    BatchDecided,
    Border,
    CurrencyRules,
    GiftNoticeRequested,
    GiftOpened,
    GiftsSpent,
    GreetingRequested,
    NeedNoticeRequested,
    NeedOpened,
    NeedsOrdered,
    NeedWithdrawalReported,
    OrderPlaced,
    Package,
    RecordPublished,
    StatisticsPublished,
    SupportKind,
)

from tests.solidarity.given import attestation, bill, gift_reported, named, policy, sealed
from tests.solidarity.stages import (
    BATCH_HOUR,
    MORNING,
    answer_all,
    ask,
    books,
    close_at,
    give,
    lines_of,
    only_batch,
)
from tests.support.stage import Stage, moment

FIVE = ascii_lowercase[:5]


async def test_a_batch_travels_from_bill_and_gift_to_settlement_notice_and_record(stage: Stage) -> None:
    await ask(stage, FIVE, 9_000)
    await give(stage, FIVE, 10_000)
    await close_at(stage, BATCH_HOUR)
    batch = only_batch(stage)
    assert (batch.households, batch.payers, batch.carried_out_minor) == (5, 5, 0)
    (order,) = stage.said(OrderPlaced)
    assert (order.biller, order.total_minor, order.placed_at) == ("iski", 45_000, moment(BATCH_HOUR))
    assert {line.reference for line in lines_of(stage, order)} == {sealed(f"reference {name}") for name in FIVE}
    assert (stage.said(NeedNoticeRequested), stage.said(GiftNoticeRequested)) == ([], [])
    await answer_all(stage)
    assert {notice.person for notice in stage.said(NeedNoticeRequested)} == {named(f"person {name}") for name in FIVE}
    assert {notice.person for notice in stage.said(GiftNoticeRequested)} == {named(f"giver {name}") for name in FIVE}
    book = {"gifts_minor": 50_000, "waiting_minor": 5_000, "carried_minor": 0, "ordered_minor": 0}
    assert await books(stage) == {
        "books": {"TRY": {**book, "settled_minor": 45_000, "refunded_minor": 0}},
        "needs_settled": 5,
        "batches": 1,
        "smallest_k": 5,
    }
    await close_at(stage, "2022-07-11T00:00:00")
    (record,), (statistics,) = stage.said(RecordPublished), stage.said(StatisticsPublished)
    assert (record.number, record.spent_minor, record.settled_minor) == (1, 45_000, 45_000)
    assert (statistics.week, statistics.needs_settled) == ("2022-w27", 5)
    assert stage.refusals() == []
    assert_neither_side_is_told_of_the_other(stage)


def assert_neither_side_is_told_of_the_other(stage: Stage) -> None:
    """Fails if ids, households, payers or causes of one side appear in what the other hears."""
    (ordered,), (spent,) = stage.said(NeedsOrdered), stage.said(GiftsSpent)
    of_gifts = {str(word) for opened in stage.said(GiftOpened) for word in (opened.gift, opened.payer)}
    of_needs = {str(word) for opened in stage.said(NeedOpened) for word in (opened.need, opened.household)}
    assert not any(word in ordered.model_dump_json() for word in of_gifts)
    assert not any(word in spent.model_dump_json() for word in of_needs)
    assert ordered.batch != spent.batch
    sealed_topics = {topic.name for topic in TOPICS if topic.sealed}
    linked = [one for one in stage.heard if one.topic in sealed_topics and (one.correlation or one.traceparent)]
    assert linked == []


async def test_fewer_than_k_wait_and_what_is_rejected_or_said_again_changes_no_sum(stage: Stage) -> None:
    """Breaks if an hour alone closes a batch, if a rejected amount is lost, or if a repetition counts."""
    await ask(stage, FIVE[:4], 9_000)
    await give(stage, FIVE, 10_000)
    await close_at(stage, BATCH_HOUR)
    await ask(stage, FIVE, 9_000)
    await give(stage, FIVE, 10_000)
    await close_at(stage, "2022-07-05T17:00:00")
    assert stage.said(BatchDecided) == []
    await close_at(stage, "2022-07-05T18:00:00")
    assert only_batch(stage).due == moment("2022-07-05T18:00:00")
    await stage.stop("solidarity-matcher")
    await answer_all(stage, reject=[sealed("reference b")])
    await stage.start("solidarity-matcher")
    await stage.quiet()
    book = (await books(stage))["books"]["TRY"]
    assert book == {
        "gifts_minor": 50_000,
        "waiting_minor": 5_000,
        "carried_minor": 9_000,
        "ordered_minor": 0,
        "settled_minor": 36_000,
        "refunded_minor": 0,
    }
    assert (stage.said(NeedNoticeRequested), stage.said(GiftNoticeRequested)) == ([], []), "four settled are too few"
    times = Counter(opened.household for opened in stage.said(NeedOpened))
    (rejected,) = (household for household, said in times.items() if said == 2)
    first, again = (opened for opened in stage.said(NeedOpened) if opened.household == rejected)
    assert (first.since, first.amount_minor) == (again.since, again.amount_minor)
    assert first.need != again.need


async def test_what_is_withdrawn_is_not_ordered_and_what_is_not_acceptable_is_refused(stage: Stage) -> None:
    await stage.publish(gift_reported("exact", 13_742), time=MORNING)
    await stage.publish(gift_reported("euro", 1_000, currency="EUR"), time=MORNING)
    await stage.publish(attestation("greedy", cap_minor=60_001), time=MORNING)
    await ask(stage, [*FIVE, "f"], 5_000)
    await give(stage, FIVE, 10_000)
    await stage.quiet()
    await stage.publish(bill("again", 5_000, of="b", tag=sealed("bill a")), time=MORNING)
    await stage.publish(bill("too much", 55_001, of="b"), time=MORNING)
    await stage.publish(NeedWithdrawalReported(need=named("need a"), attestation=named("attestation a")), time=MORNING)
    await close_at(stage, BATCH_HOUR)
    assert sorted(refusal.reason for refusal in stage.refusals()) == [
        "above-cap",
        "above-cap",
        "bill-known",
        "currency-not-offered",
        "not-a-denomination",
    ]
    (told,) = (refusal for refusal in stage.refusals() if refusal.reason == "not-a-denomination")
    assert told.detail == "amount_minor: a gift in TRY is one of 5000, 10000, 25000"
    await answer_all(stage)
    rows = await stage.query("solidarity-needs", "SELECT needs, settled, withdrawn FROM book")
    assert [tuple(row) for row in rows] == [(30_000, 25_000, 5_000)]


async def test_who_is_honoured_by_a_gift_is_told_once_it_arrived(stage: Stage) -> None:
    """Breaks if somebody is told of a gift that still waits, or if only those are told whose givers want to be."""
    await ask(stage, FIVE, 9_000)
    for name in FIVE:
        await stage.publish(gift_reported(name, 10_000, honoured=named(f"honoured by {name}")), time=MORNING)
    await stage.publish(gift_reported("f", 10_000, person=None, honoured=named("honoured by f")), time=MORNING)
    await close_at(stage, BATCH_HOUR)
    await answer_all(stage)
    told = {notice.person for notice in stage.said(GiftNoticeRequested)}
    honoured = [notice.person for notice in stage.said(GreetingRequested)]
    spent = [name for name in [*FIVE, "f"] if named(f"honoured by {name}") in honoured]
    assert len(spent) == len(honoured) >= 5
    assert told == {named(f"giver {name}") for name in spent if name != "f"}


async def test_a_package_is_paid_out_by_its_partner_in_the_amount_of_the_policy(stage: Stage) -> None:
    """Breaks if whoever pays a package out decides what it comes to."""
    package = Package(kind=SupportKind.FAMILY, amount_minor=9_000)
    rules = CurrencyRules(currency="TRY", denominations=(10_000,), cap_minor=60_000, packages=(package,))
    await stage.publish(policy(kinds=(SupportKind.FAMILY,), currencies=(rules,)), time="2022-07-02")
    await stage.quiet()
    paid_out: dict[str, Any] = {"kind": SupportKind.FAMILY, "biller": "card-operator"}
    for name in FIVE:
        await stage.publish(attestation(name, kinds=(SupportKind.FAMILY,)), time=MORNING)
        await stage.publish(bill(name, 9_000, **paid_out), time=MORNING)
        await stage.publish(gift_reported(name, 10_000, kind=SupportKind.FAMILY), time=MORNING)
    await stage.publish(bill("too much", 9_001, of="a", **paid_out), time=MORNING)
    await close_at(stage, BATCH_HOUR)
    assert [refusal.reason for refusal in stage.refusals()] == ["another-amount"]
    (order,) = stage.said(OrderPlaced)
    assert (order.biller, order.total_minor, len(lines_of(stage, order))) == ("card-operator", 45_000, 5)


async def test_a_policy_that_is_announced_holds_from_its_date_for_what_comes_then(stage: Stage) -> None:
    """Breaks if what came before is ruled by it, or if a scope whose first policy is announced takes gifts already."""
    tuesday = "2022-07-05T09:00:00"
    await stage.publish(policy(k=7, border=Border.COUNTRY, in_force_from=moment("2022-07-05")), time=MORNING)
    await stage.publish(policy(NETWORK, in_force_from=moment("2022-07-05")), time=MORNING)
    await stage.quiet()
    await ask(stage, "a", 9_000)
    await give(stage, "a", 10_000)
    await stage.publish(gift_reported("too early", 10_000, city=None), time=MORNING)
    await stage.publish(bill("b", 9_000, of="a"), time=tuesday)
    await stage.publish(gift_reported("b", 10_000), time=tuesday)
    await stage.publish(gift_reported("anywhere", 10_000, city=None), time=tuesday)
    await stage.quiet()
    kept = {(opened.k, opened.border) for opened in stage.said(NeedOpened)}
    assert kept == {(5, Border.CITY), (7, Border.COUNTRY)}
    given = {(opened.city, opened.k, opened.border, opened.epoch) for opened in stage.said(GiftOpened)}
    in_city = {("TRIST", 5, Border.CITY, "2022-q3"), ("TRIST", 7, Border.COUNTRY, "2022-q3")}
    assert given == {*in_city, (None, 5, Border.NETWORK, "2022-q3")}
    assert [refusal.reason for refusal in stage.refusals()] == ["policy-not-in-force"]
    async with stage.http("solidarity-needs") as client:
        stated = (await client.get("/policies/TRIST")).json()
    assert (stated["k"], stated["version"], stated["announced"]["k"], stated["announced"]["version"]) == (5, 1, 7, 2)


async def test_what_names_an_unknown_city_or_a_missing_policy_waits_a_day(stage: Stage) -> None:
    """Breaks if the order in which cities, policies and gifts come decides what is accepted."""
    athens = policy("GRATH", currencies=policy().currencies)
    await stage.publish(athens, time=MORNING)
    await stage.publish(gift_reported("early", 10_000, city="GRATH"), time=MORNING)
    await stage.publish(gift_reported("anywhere", 10_000, city=None), time=MORNING)
    await stage.publish(policy(), time="2022-06-30")
    await stage.quiet()
    assert [refusal.reason for refusal in stage.refusals()] == ["older-policy"]
    assert stage.said(GiftOpened) == []
    await stage.publish(policy(NETWORK), time=MORNING)
    await stage.quiet()
    assert [opened.city for opened in stage.said(GiftOpened)] == [None]
    await close_at(stage, "2022-07-05T01:00:00")
    assert sorted(refusal.reason for refusal in stage.refusals()) == ["older-policy", "unknown-key", "unknown-key"]


async def test_where_gifts_must_be_attributed_no_city_is_opened(stage: Stage) -> None:
    """Breaks if a promise is given that the law there does not let anybody keep; the refusal names it."""
    await stage.publish(policy(k=9, gifts_attributed=True), time=MORNING)
    await stage.quiet()
    (refused,) = stage.refusals()
    assert refused.reason == "gifts-attributed"
    assert "never computed, stored or sent" in refused.detail
    async with stage.http("solidarity-needs") as client:
        assert (await client.get("/policies/TRIST")).json()["k"] == 5
