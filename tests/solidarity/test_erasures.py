"""Who asks to be forgotten is: in each table of its side, in its leaf of the record, in what a backup brings back."""

from pathlib import Path
from string import ascii_lowercase
from typing import Any

import asyncpg
import pytest
from b40_contracts.solidarity import (
    GiftErasureReported,
    GiftNoticeRequested,
    GiftPersonErased,
    GreetingRequested,
    NeedErasureReported,
    NeedNoticeRequested,
    NeedPersonErased,
    OrderPlaced,
    RecordPublished,
)

from tests.solidarity.given import attestation, bill, gift_reported, named
from tests.solidarity.stages import BATCH_HOUR, MORNING, answer_all, ask, books, close_at, give
from tests.support import backups
from tests.support.stage import Stage

OTHERS = ascii_lowercase[2:6]
NEEDS, GIFTS = "solidarity-needs", "solidarity-gifts"
EVENING, WEEK = "2022-07-04T20:00:00", "2022-07-11T00:00:00"
HOUSEHOLD, HOUSEHOLD_SECRET = named("person a"), "0a" * 32
GIVER, GIVER_SECRET, HONOURED = named("giver a"), "0b" * 32, named("honoured a")
TABLES = """SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
  WHERE table_schema IN ('public', 'keys', 'b40') AND table_type = 'BASE TABLE' ORDER BY 1"""


async def rows_that_name(stage: Stage, app: str, *words: Any) -> set[str]:
    """The tables of an app, all that it has, with a row in which one of these words stands."""
    connection = await asyncpg.connect(stage.settings[app].database.get_secret_value())
    try:
        found = set()
        for (table,) in await connection.fetch(TABLES):
            rows = [row[0] for row in await connection.fetch(f"SELECT ({table}.*)::text FROM {table}")]  # noqa: S608
            found |= {table for row in rows for word in words if str(word) in row}
        return found
    finally:
        await connection.close()


async def a_batch_with_both(stage: Stage) -> None:
    """A household and a giver who can be told, and have receipts, with four others each; a second need stays open.

    Five are the fewest: chance leaves none of them for later.
    """
    await stage.publish(attestation("a", receipt=HOUSEHOLD_SECRET), id="attestation-a", time=MORNING)
    await stage.publish(bill("a", 10_000), id="bill-a", time=MORNING)
    gift = gift_reported("a", 10_000, receipt=GIVER_SECRET, honoured=HONOURED)
    await stage.publish(gift, id="gift-a", time=MORNING)
    await ask(stage, OTHERS, 10_000)
    await give(stage, OTHERS, 10_000)
    await close_at(stage, BATCH_HOUR)
    await stage.publish(bill("later", 4_000, of="a"), id="bill-later", time=EVENING)
    await stage.quiet()


async def erase_both(stage: Stage) -> None:
    """Who asked, who gave and in whose name want to be forgotten."""
    await stage.publish(NeedErasureReported(person=HOUSEHOLD), id="erase-household", time=EVENING)
    for person in (GIVER, HONOURED):
        await stage.publish(GiftErasureReported(person=person), id=f"erase-{person}", time=EVENING)
    await stage.quiet()


async def nothing_is_left(stage: Stage) -> None:
    """No table of either side names them, or what a receipt of theirs would be found by."""
    for app in (NEEDS, GIFTS):
        assert await rows_that_name(stage, app, HOUSEHOLD, GIVER, HONOURED, HOUSEHOLD_SECRET, GIVER_SECRET) == set()


async def test_who_is_erased_is_told_nothing_and_what_is_open_is_withdrawn(stage: Stage) -> None:
    """Breaks if an erased person is told something, keeps a receipt, or may be asked for again under its id."""
    await a_batch_with_both(stage)
    assert await rows_that_name(stage, NEEDS, HOUSEHOLD) == {"public.attestation"}
    assert await rows_that_name(stage, GIFTS, GIVER, HONOURED) == {"public.gift"}
    await erase_both(stage)
    await nothing_is_left(stage)
    assert stage.said(NeedPersonErased)[0].person == HOUSEHOLD
    assert {one.person for one in stage.said(GiftPersonErased)} == {GIVER, HONOURED}
    states = await stage.query(NEEDS, "SELECT amount_minor, state FROM need ORDER BY 1")
    assert [row["state"] for row in states if row["amount_minor"] == 4_000] == ["withdrawn"]
    await answer_all(stage)
    assert {one.person for one in stage.said(NeedNoticeRequested)} == {named(f"person {name}") for name in OTHERS}
    assert {one.person for one in stage.said(GiftNoticeRequested)} == {named(f"giver {name}") for name in OTHERS}
    assert stage.said(GreetingRequested) == []
    await stage.publish(bill("again", 4_000, of="a"), time=EVENING)
    await stage.publish(attestation("anew", person=HOUSEHOLD), time=EVENING)
    await stage.quiet()
    assert {refused.reason for refused in stage.refusals()} == {"attestation-ended", "person-erased"}
    await nothing_is_left(stage)


async def test_of_an_erased_person_the_leaf_can_be_opened_by_nobody(stage: Stage) -> None:
    """Breaks if its key outlives it, or the record does not come for one that is forgotten before it is made."""
    await a_batch_with_both(stage)
    await answer_all(stage)
    await close_at(stage, WEEK)
    (record,) = stage.said(RecordPublished)
    before = await forgotten_leaves(stage, record)
    await erase_both(stage)
    assert (before, await forgotten_leaves(stage, record)) == ([0, 0], [1, 1])
    assert await leaves_without_a_key(stage) == [1, 1]


async def test_who_is_erased_before_the_record_is_made_gets_no_new_key(stage: Stage) -> None:
    """Breaks if a worker that makes a leaf brings back what was forgotten."""
    await a_batch_with_both(stage)
    await erase_both(stage)
    await answer_all(stage)
    await close_at(stage, WEEK)
    assert len(stage.said(RecordPublished)) == 1
    assert await leaves_without_a_key(stage) == [1, 1]


async def leaves_without_a_key(stage: Stage) -> list[int]:
    """How many leaves of each side have nobody's key; each here is of somebody else."""
    counts = []
    for app in (NEEDS, GIFTS):
        (row,) = await stage.query(app, "SELECT (SELECT count(*) FROM leaf) - (SELECT count(*) FROM keys.subject) AS n")
        counts.append(row["n"])
    return counts


async def forgotten_leaves(stage: Stage, record: RecordPublished) -> list[int]:
    """How many leaves of each side an auditor cannot open."""
    counts = []
    for app, root in ((NEEDS, record.needs_root), (GIFTS, record.gifts_root)):
        async with stage.operations(app) as client:
            leaves = (await client.get(f"/openings/{root}")).raise_for_status().json()["leaves"]
        counts.append(sum(leaf["holder"] is None for leaf in leaves))
    return counts


@pytest.mark.parametrize("early", [True, False], ids=["early", "late"])
async def test_a_restored_side_knows_before_all_else_who_is_erased(
    stage: Stage, postgres: str, tmp_path: Path, early: bool
) -> None:
    """INVARIANT: erased stays erased. Breaks if a backup, or what is heard again, brings somebody back.

    The backup is from before they came, or from before they were erased.
    """
    addresses = {app: stage.settings[app].database.get_secret_value() for app in (NEEDS, GIFTS)}
    taken = {app: await backups.back_up(address, tmp_path) for app, address in addresses.items()}
    await a_batch_with_both(stage)
    if not early:
        taken = {app: await backups.back_up(address, tmp_path) for app, address in addresses.items()}
    await erase_both(stage)
    await answer_all(stage)
    before = await books(stage), stage.said(OrderPlaced), await sums(stage)
    for app, backup in taken.items():
        await stage.stop(app)
        await backups.restore(postgres, addresses[app], backup)
        await stage.start(app)
        person = await stage.query(app, "SELECT count(*) FROM erased")
        assert person[0]["count"] > 0, "it is not ready before it knows"
        await stage.quiet()
        await nothing_is_left(stage)
        assert await stage.query(app, "SELECT reason, detail FROM b40.set_aside") == []
    assert (await books(stage), stage.said(OrderPlaced), await sums(stage)) == before
    assert stage.refusals() == []


async def sums(stage: Stage) -> list[Any]:
    """The books of both sides."""
    return [dict(row) for app in (NEEDS, GIFTS) for row in await stage.query(app, "SELECT * FROM book")]
