"""An app of Pay It Forward whose database is restored comes to the same books again: nobody is paid or told twice."""

from collections.abc import AsyncIterator
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import pytest
from b40_contracts.solidarity import (
    GiftNoticeRequested,
    GiftWithdrawalReported,
    NeedNoticeRequested,
    NeedWithdrawalReported,
    OrderPlaced,
    RefundDue,
    SettlementCounted,
)

from tests.solidarity.given import attestation, bill, named, sealed
from tests.solidarity.stages import ALL, BATCH_HOUR, MORNING, answer_all, ask, begin, books, close_at, give
from tests.support import backups
from tests.support.stage import Stage

FIVE = ascii_lowercase[:5]
NOT_KNOWN_AGAIN: dict[str, list[str]] = {
    "solidarity-needs": [],
    "solidarity-gifts": [],
    "solidarity-matcher": ["first_since"],
}
"""A pool that a decision brings is entered with the time of that; it matters before the first batch hour alone."""
COLUMNS = """SELECT table_name, string_agg(format('%I', column_name), ', ' ORDER BY column_name) AS columns
  FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'NO' AND table_name <> 'transfer'
    AND column_name <> ALL ($1)
  GROUP BY table_name ORDER BY table_name"""
SUMS = "SELECT currency, debit, credit, sum(amount_minor) FROM transfer GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"


@pytest.fixture(params=[2_000, 1], ids=["fast", "slow"])
async def stage(kafka: str, postgres: str, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """Istanbul with a policy of k = 5, on the morning of 4 July 2022; batches close at 18:00 UTC.

    Slow is who takes record by record: then all ticks of the meantime are there long before the intake is read.
    """
    async with Stage(kafka, postgres, *ALL, batch_records_max=request.param) as stage:
        await begin(stage)
        yield stage


async def tables(stage: Stage, app: str) -> dict[str, Any]:
    """All that the app keeps, without numbers that rows get in their order, and what it has set aside."""
    kept: dict[str, Any] = {}
    for table, columns in await stage.query(app, COLUMNS, NOT_KNOWN_AGAIN[app]):
        rows = await stage.query(app, f'SELECT ROW({columns})::text AS row FROM "{table}" ORDER BY 1')  # noqa: S608
        kept[table] = [row["row"] for row in rows]
    kept["transfer"] = [tuple(row) for row in await stage.query(app, SUMS)]
    return kept | {"set aside": [dict(row) for row in await stage.query(app, "SELECT detail FROM b40.set_aside")]}


def said(stage: Stage) -> list[Any]:
    """What reaches billers, payers, givers and households, and the sums."""
    told = (OrderPlaced, SettlementCounted, RefundDue, NeedNoticeRequested, GiftNoticeRequested)
    return [stage.said(one) for one in told]


async def two_days(stage: Stage) -> None:
    """A batch with a rejected bill, withdrawals, a bill before its attestation, and a batch on the next day."""
    await stage.publish(bill("early", 7_000), id="bill-early", time=MORNING)
    await ask(stage, FIVE, 9_000)
    await give(stage, f"{FIVE}f", 10_000)
    await stage.quiet()
    await stage.publish(GiftWithdrawalReported(gift=named("gift f")), id="back-f", time=MORNING)
    await close_at(stage, BATCH_HOUR)
    await stage.publish(attestation("early"), id="attestation-early", time="2022-07-04T20:00:00")
    await answer_all(stage, reject=[sealed("reference b")])
    await ask(stage, "vwxyz", 8_000)
    await stage.quiet()
    await stage.publish(NeedWithdrawalReported(need=named("need v"), attestation=named("attestation v")), time=MORNING)
    await give(stage, "ghijk", 10_000)
    await close_at(stage, "2022-07-05T18:00:00")
    await answer_all(stage, reject=[sealed("reference b")])


async def test_restored_apps_come_to_the_same_end(stage: Stage, postgres: str, tmp_path: Path) -> None:
    """Breaks if an answer is heard before what it answers: an unknown need or gift, or a refused answer to an order."""
    addresses = {app: stage.settings[app].database.get_secret_value() for app in NOT_KNOWN_AGAIN}
    taken = {app: await backups.back_up(address, tmp_path) for app, address in addresses.items()}
    await two_days(stage)
    kept = {app: await tables(stage, app) for app in NOT_KNOWN_AGAIN}
    told = (said(stage), await books(stage), stage.refusals())
    assert (len(stage.said(OrderPlaced)) >= 2, len(stage.said(RefundDue))) == (True, 1)

    for app, backup in taken.items():
        await stage.stop(app)
        await backups.restore(postgres, addresses[app], backup)
        await stage.start(app)
        await stage.quiet()
        assert await tables(stage, app) == kept[app], app
    assert (said(stage), await books(stage), stage.refusals()) == told
