"""However many years it holds, no app has to read a table whole to know what a bill, a gift or a batch needs."""

from string import ascii_lowercase

from b40_contracts.solidarity import (
    GiftErasureReported,
    GiftWithdrawalReported,
    NeedErasureReported,
    NeedWithdrawalReported,
    RecordPublished,
    StatisticsPublished,
)

from tests.solidarity.given import attestation, bill, gift_reported, named, sealed
from tests.solidarity.stages import BATCH_HOUR, MORNING, answer_all, ask, close_at, give
from tests.support.indexes import avoid_reading_whole, read_whole
from tests.support.stage import Stage

FIRST, SECOND = ascii_lowercase[:6], ascii_lowercase[6:12]
EVENING, NEXT_HOUR, WEEK = "2022-07-04T20:00:00", "2022-07-05T18:00:00", "2022-07-11T00:00:00"
GROWING = {
    "solidarity-needs": {"attestation", "need", "early_bill", "placed_order", "share", "leaf", "transfer", "erased"},
    "solidarity-gifts": {"gift", "payer_epoch", "share", "leaf", "transfer", "erased"},
    "solidarity-matcher": {"need", "gift", "left_out", "batch", "drawn_batch", "transfer"},
}
"""Tables with a row for each household, bill, gift, payer, order or batch."""


async def test_what_grows_for_years_is_not_read_whole(stage: Stage) -> None:
    """Breaks if something is looked for without an index: all is well in the first year, and slow in the fifth."""
    await avoid_reading_whole(stage)
    await stage.publish(bill("early", 9_000), time=MORNING)
    await stage.publish(attestation("early"), time=MORNING)
    await stage.publish(gift_reported("honouring", 10_000, honoured=named("honoured")), time=MORNING)
    await ask(stage, FIRST, 9_000)
    await give(stage, FIRST, 10_000)
    await close_at(stage, BATCH_HOUR)
    await answer_all(stage, reject=[sealed("reference a")])
    await ask(stage, SECOND, 9_000)
    await give(stage, SECOND, 10_000)
    await stage.publish(NeedWithdrawalReported(need=named("need g"), attestation=named("attestation g")), time=EVENING)
    await stage.publish(GiftWithdrawalReported(gift=named("gift g")), time=EVENING)
    await stage.publish(NeedErasureReported(person=named("person b")), time=EVENING)
    await stage.publish(GiftErasureReported(person=named("honoured")), time=EVENING)
    await close_at(stage, NEXT_HOUR)
    await answer_all(stage, time="2022-07-06T19:00:00")
    await close_at(stage, WEEK)
    assert stage.said(RecordPublished)
    assert stage.said(StatisticsPublished)
    growing = {app: [f"public.{table}" for table in tables] for app, tables in GROWING.items()}
    assert await read_whole(stage, growing) == set()
