"""A bill that a batch orders in part, and one that is handed back, on the needs side, on real Kafka and PostgreSQL."""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from b40_contracts.solidarity import (
    NeedClosed,
    NeedNoticeRequested,
    NeedOpened,
    NeedReturned,
    NeedsHandedBack,
    NeedsOrdered,
    NeedWithdrawalReported,
    OrderedNeed,
    OrderPlaced,
    SettlementCounted,
)
from b40_registry.app import application as registry
from b40_solidarity.needs.app import application as needs

from tests.solidarity.given import bill, named, sealed
from tests.solidarity.stages import BATCH_HOUR, MORNING, answer_all, ask, begin, lines_of
from tests.support.stage import Stage, moment


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """Istanbul with a policy, without a matcher: the test says what it would say."""
    async with Stage(kafka, postgres, registry, needs) as stage:
        await begin(stage)
        yield stage


async def order(stage: Stage, batch: str, need: UUID, amount_minor: int, *whole: NeedOpened) -> None:
    """A batch orders so much of a need, and these whole."""
    others = (OrderedNeed(need=one.need, amount_minor=one.amount_minor) for one in whole)
    ordered = (OrderedNeed(need=need, amount_minor=amount_minor), *others)
    await stage.publish(NeedsOrdered(batch=named(batch), currency="TRY", due=moment(BATCH_HOUR), needs=ordered))
    await stage.quiet()


async def test_a_bill_is_paid_in_parts_and_told_of_once_when_it_is_complete(stage: Stage) -> None:
    """Breaks if a rest is lost or paid twice, if it is younger than its bill, or if a part is told of as the whole."""
    await ask(stage, "a", 60_000)
    await ask(stage, "bcde", 9_000)
    await stage.quiet()
    (whole,) = (opened for opened in stage.said(NeedOpened) if opened.amount_minor == 60_000)
    others = [opened for opened in stage.said(NeedOpened) if opened is not whole]
    await order(stage, "first", whole.need, 45_000)
    (rest,) = stage.said(NeedOpened)[5:]
    same = {"amount_minor", "need", "part"}
    assert (rest.amount_minor, rest.part, whole.part) == (15_000, 2, 1)
    assert rest.model_dump(exclude=same) == whole.model_dump(exclude=same)
    await answer_all(stage)
    assert stage.said(NeedNoticeRequested) == []
    await order(stage, "second", rest.need, 15_000)
    await answer_all(stage, reject=[sealed("reference a")])
    (again,) = (opened for opened in stage.said(NeedOpened) if opened.part == 3)
    assert (again.amount_minor, again.since) == (15_000, whole.since)
    await order(stage, "third", again.need, 15_000, *others)
    await answer_all(stage)
    assert [placed.total_minor for placed in stage.said(OrderPlaced)] == [45_000, 15_000, 51_000]
    assert len({line.line for placed in stage.said(OrderPlaced) for line in lines_of(stage, placed)}) == 7
    assert sorted(notice.person for notice in stage.said(NeedNoticeRequested)) == sorted(
        named(f"person {name}") for name in "abcde"
    )
    rows = await stage.query("solidarity-needs", "SELECT needs, waiting, ordered, settled, withdrawn FROM book")
    assert [tuple(row) for row in rows] == [(96_000, 0, 0, 96_000, 0)]


async def test_what_is_withdrawn_is_withdrawn_with_its_rest_and_what_is_handed_back_may_be_asked_again(
    stage: Stage,
) -> None:
    """Breaks if a rest is met after its bill was withdrawn, or if the cap forgets that nothing was paid."""
    await ask(stage, "ab", 60_000)
    await stage.quiet()
    first, second = stage.said(NeedOpened)
    cut, kept = (first, second) if first.household < second.household else (second, first)
    await order(stage, "first", cut.need, 45_000)
    (rest,) = (opened for opened in stage.said(NeedOpened) if opened.part == 2)
    of_household = {named(f"need {name}"): named(f"attestation {name}") for name in "ab"}
    handed_back = NeedsHandedBack(handing=named("handing"), due=moment(BATCH_HOUR), needs=(kept.need,))
    await stage.publish(handed_back)
    await stage.quiet()
    (returned_need,) = stage.said(NeedReturned)
    assert returned_need.attestation == of_household.pop(returned_need.need), "the city knows it by these ids"
    of_household[returned_need.need] = returned_need.attestation
    rows = await stage.query("solidarity-needs", "SELECT id FROM need WHERE working = $1", cut.need)
    need = UUID(str(rows[0]["id"]))
    await stage.publish(NeedWithdrawalReported(need=need, attestation=of_household[need]), time=MORNING)
    other = next(name for name in "ab" if named(f"need {name}") != need)
    await stage.publish(bill("again", 60_000, of=other), time=MORNING)
    await stage.quiet()
    assert stage.refusals() == []
    assert [closed.need for closed in stage.said(NeedClosed)] == [rest.need]
    await order(stage, "too late", rest.need, 15_000)
    (returned,) = stage.said(SettlementCounted)
    assert (returned.returned_minor, returned.settled_minor) == (15_000, 0)
    rows = await stage.query("solidarity-needs", "SELECT needs, waiting, ordered, settled, withdrawn FROM book")
    assert [tuple(row) for row in rows] == [(180_000, 60_000, 45_000, 0, 75_000)]
