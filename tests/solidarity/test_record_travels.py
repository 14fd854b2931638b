"""The public record on real Kafka and PostgreSQL: drawn, rooted by both sides, published, proven, never forked."""

import hashlib
from datetime import date
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest
from b40_contracts.solidarity import (
    GiftRecordDrawn,
    GiftRecordRooted,
    NeedRecordDrawn,
    NeedRecordRooted,
    RecordDrawn,
    RecordPublished,
    StatisticsPublished,
)
from b40_solidarity.verify import check_receipt, check_records

from tests.solidarity.given import attestation, bill, gift_reported, sealed
from tests.solidarity.recorded import as_json
from tests.solidarity.stages import BATCH_HOUR, MORNING, answer_all, ask, close_at, give
from tests.support import backups
from tests.support.stage import Stage

FIVE = ascii_lowercase[:5]
FIRST_WEEK, SECOND_WEEK = "2022-07-11T00:00:00", "2022-07-18T00:00:00"
APPS = ("solidarity-needs", "solidarity-gifts", "solidarity-matcher")


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


async def receipts(stage: Stage, app: str, secret: str) -> Any:
    async with stage.http(app) as client:
        answer = await client.get("/receipts", headers={"Authorization": f"Bearer {secret}"})
    assert answer.headers["cache-control"] == "no-store"
    return answer.raise_for_status().json()


async def openings(stage: Stage, app: str, root: str | None) -> Any:
    async with stage.operations(app) as client:
        return (await client.get(f"/openings/{root}")).raise_for_status().json()


async def test_a_record_travels_from_both_sides_to_the_receipts_of_who_keeps_a_secret(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    """Breaks if a receipt is not inside what is published, or is given to who does not keep its secret."""
    await stage.publish(attestation("a", receipt=digest("of household a")), id="attestation-a", time=MORNING)
    await stage.publish(gift_reported("a", 10_000, receipt=digest("of giver a")), id="gift-a", time=MORNING)
    await stage.publish(bill("a", 10_000), id="bill-a", time=MORNING)
    await ask(stage, FIVE[1:], 10_000)
    await give(stage, FIVE[1:], 10_000)
    await close_at(stage, BATCH_HOUR)
    await answer_all(stage)
    assert await receipts(stage, "solidarity-gifts", "of giver a") == []
    await close_at(stage, FIRST_WEEK)
    (record,) = stage.said(RecordPublished)
    (needs,), (gifts,) = stage.said(NeedRecordRooted), stage.said(GiftRecordRooted)
    assert (record.needs_root, record.gifts_root) == (needs.root, gifts.root)
    assert (needs.parties, gifts.parties, needs.leaves, gifts.leaves) == (5, 5, 16, 16)
    async with stage.http("solidarity-matcher") as client:
        published = (await client.get("/records/TRY")).json()
        assert (await client.get("/books")).status_code == 404, "a live counter betrays single gifts"
    check_records(published)
    for app, secret, amount_minor in [
        ("solidarity-gifts", "of giver a", 10_000),
        ("solidarity-needs", "of household a", 10_000),
    ]:
        (receipt,) = await receipts(stage, app, secret)
        assert (check_receipt(receipt, published, secret), receipt["amount_minor"]) == (1, amount_minor)
        assert await receipts(stage, app, "of nobody") == []
        async with stage.http(app) as client:
            assert (await client.get("/receipts")).status_code == 401
    await assert_the_leaves_add_up(stage, record)
    assert_no_side_hears_of_the_other(stage)
    told = capfd.readouterr()
    measured = [await metrics_of(stage, app) for app in APPS]
    for word in ("TRIST", "water-bill", "TRY", "~"):
        assert not any(word in text for text in (told.out, told.err, *measured)), "no log or metric names a pool"


async def metrics_of(stage: Stage, app: str) -> str:
    async with stage.operations(app) as client:
        return (await client.get("/metrics")).raise_for_status().text


async def assert_the_leaves_add_up(stage: Stage, record: RecordPublished) -> None:
    """Fails if the openings of a side do not come to what the record states of it."""
    for app, root, stated_minor in [
        ("solidarity-gifts", record.gifts_root, record.spent_minor),
        ("solidarity-needs", record.needs_root, record.settled_minor),
    ]:
        opened = await openings(stage, app, root)
        assert sum(leaf["amount_minor"] for leaf in opened["leaves"]) == stated_minor


def assert_no_side_hears_of_the_other(stage: Stage) -> None:
    """Fails if an id of one side's part or batch is said to the other."""
    (drawn,) = stage.said(RecordDrawn)
    (to_needs,), (to_gifts,) = stage.said(NeedRecordDrawn), stage.said(GiftRecordDrawn)
    of_needs = {str(drawn.needs_part), *(str(batch.needs_batch) for batch in drawn.batches)}
    of_gifts = {str(drawn.gifts_part), *(str(batch.gifts_batch) for batch in drawn.batches)}
    assert of_needs.isdisjoint(of_gifts)
    assert not any(word in to_needs.model_dump_json() for word in of_gifts)
    assert not any(word in to_gifts.model_dump_json() for word in of_needs)


async def settle_of_four(stage: Stage) -> None:
    """Six needs of five households are ordered; that of b is rejected, so that five needs of four are settled.

    Those of a are urgent: chance may leave none of them, and the others are no more than must be.
    """
    await ask(stage, FIVE[1:], 5_000)
    await stage.publish(attestation("a"), time=MORNING)
    for name in ("a", "again"):
        await stage.publish(bill(name, 5_000, of="a", cut_off=date(2022, 7, 5)), time=MORNING)
    await give(stage, FIVE, 10_000)
    await close_at(stage, BATCH_HOUR)
    await answer_all(stage, reject=[sealed("reference b")])
    await close_at(stage, FIRST_WEEK)


async def settle_five_more(stage: Stage) -> None:
    """Five more households and payers, a week later."""
    await ask(stage, "vwxyz", 9_000)
    await give(stage, "vwxyz", 10_000)
    await close_at(stage, "2022-07-12T18:00:00")
    await answer_all(stage, time="2022-07-12T19:00:00")
    await close_at(stage, SECOND_WEEK)


async def test_a_week_of_too_few_households_goes_into_the_next_record(stage: Stage) -> None:
    """Breaks if five needs of four households make a record, or if what was held over is lost or counted twice."""
    await settle_of_four(stage)
    assert [rooted.parties for rooted in stage.said(NeedRecordRooted)] == [4]
    assert stage.said(RecordPublished) == []
    assert stage.said(StatisticsPublished) == []
    await settle_five_more(stage)
    (record,) = stage.said(RecordPublished)
    settled = await stage.query("solidarity-matcher", "SELECT settled FROM book")
    assert (record.number, record.week, record.settled_minor) == (1, "2022-w28", settled[0]["settled"])
    leaves = await stage.query("solidarity-needs", "SELECT sum(amount_minor) AS minor FROM leaf")
    assert leaves[0]["minor"] == record.settled_minor, "what was held over stands in one tree"


async def kept(stage: Stage) -> Any:
    """What hangs on records in all three databases."""
    statements = {
        "solidarity-matcher": ("SELECT * FROM record", "SELECT currency, number, due, state FROM draw",
                               "SELECT * FROM drawn_batch ORDER BY 1", "SELECT * FROM statistics"),
        "solidarity-needs": ("SELECT * FROM tree ORDER BY 1", "SELECT * FROM published_root"),
        "solidarity-gifts": ("SELECT * FROM tree ORDER BY 1", "SELECT * FROM published_root"),
    }  # fmt: skip
    return {
        (app, statement): [tuple(row) for row in await stage.query(app, f"{statement}")]
        for app in APPS
        for statement in statements[app]
    }


@pytest.mark.parametrize("early", [True, False], ids=["before all", "between the weeks"])
async def test_a_restored_app_does_not_fork_the_chain(stage: Stage, postgres: str, tmp_path: Path, early: bool) -> None:
    """FORK: breaks if a record is said again with another content or number, or a week's batches stand in two."""
    addresses = {app: stage.settings[app].database.get_secret_value() for app in APPS}
    taken = {app: await backups.back_up(address, tmp_path) for app, address in addresses.items()}
    await settle_of_four(stage)
    if not early:
        taken = {app: await backups.back_up(address, tmp_path) for app, address in addresses.items()}
    await settle_five_more(stage)
    await ask(stage, "pqrst", 9_000)
    await give(stage, "pqrst", 10_000)
    await close_at(stage, "2022-07-19T18:00:00")
    await answer_all(stage, time="2022-07-19T19:00:00")
    await close_at(stage, "2022-07-25T00:00:00")
    before, said = await kept(stage), as_json(stage.said(RecordPublished))
    assert [record["number"] for record in said] == [1, 2]
    check_records(said)
    for app, backup in taken.items():
        await stage.stop(app)
        await backups.restore(postgres, addresses[app], backup)
        await stage.start(app)
        await stage.quiet()
        assert await kept(stage) == before, app
        assert await stage.query(app, "SELECT reason, detail FROM b40.set_aside") == []
    assert as_json(stage.said(RecordPublished)) == said
    await close_at(stage, "2022-08-01T00:00:00")
    assert as_json(stage.said(RecordPublished)) == said
