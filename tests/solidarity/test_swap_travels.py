"""SWAP, over all three apps: who is behind the gifts changes no byte on the needs side, and the other way round."""

import json
import re
from collections import defaultdict
from string import ascii_lowercase
from typing import Any

import pytest
from b40_contracts import catalogue
from b40_contracts.solidarity import GIFT_BATCHES, NEED_BATCHES, GiftNoticeRequested, NeedNoticeRequested

from tests.solidarity.attackers import running
from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.given import attestation, bill, gift_reported, sealed
from tests.solidarity.stages import ALL, BATCH_HOUR, MORNING, answer_all, begin, close_at
from tests.solidarity.test_restored import tables
from tests.support.stage import Stage

TEN = ascii_lowercase[:10]
SWAPPED = "jcabhdefgi"
NEEDS, GIFTS = "solidarity-needs", "solidarity-gifts"
SIDES = {NEEDS: NEED_BATCHES.name, GIFTS: GIFT_BATCHES.name}


async def ask(stage: Stage, households: str) -> None:
    """A bill for each of ten needs, of these households; one is too much for a batch."""
    for number, household in enumerate(households):
        await stage.publish(attestation(household), id=f"attestation-{household}", time=MORNING)
        reported = bill(f"of {number}", 9_000 + 1_000 * number, of=household)
        await stage.publish(reported, id=f"bill-{number}", time=MORNING)


async def give(stage: Stage, payers: str) -> None:
    """Ten gifts, of these payers; one is above a payer's share."""
    for number, payer in enumerate(payers):
        reported = gift_reported(f"of {number}", 25_000 if number % 3 else 10_000, payer=payer)
        await stage.publish(reported, id=f"gift-{number}", time=MORNING)


async def seen(kafka: str, postgres: str, households: str, payers: str) -> dict[str, Any]:
    """All that there is on each side of two batches, of which one bill is rejected, with logs and traces."""
    evidence = Evidence()
    with running.told(evidence):
        found, prefix = await _seen(kafka, postgres, households, payers)
    return {**found, "logs": lines(evidence, prefix), "traces": spans(evidence, prefix)}


async def _seen(kafka: str, postgres: str, households: str, payers: str) -> tuple[dict[str, Any], str]:
    async with Stage(kafka, postgres, *ALL, secret="the same") as stage:
        await begin(stage)
        await ask(stage, households)
        await give(stage, payers)
        await close_at(stage, BATCH_HOUR)
        await answer_all(stage, reject=[sealed("reference of 2")])
        await close_at(stage, "2022-07-05T18:00:00")
        await answer_all(stage, time="2022-07-06T19:00:00")
        assert min(len(stage.said(NeedNoticeRequested)), len(stage.said(GiftNoticeRequested))) > 4
        found = {side: {"topics": said(stage, side), "tables": await tables(stage, side)} for side in SIDES}
    return found, stage.prefix


def lines(evidence: Evidence, prefix: str) -> set[str]:
    """What all apps logged, but for the time, the prefix of topics, and what libraries say of connections."""
    logged = [json.loads(line) for line in evidence.logs.splitlines() if line.startswith("{")]
    return {_same({**line, "timestamp": "", "app": ""}, prefix) for line in logged}


def spans(evidence: Evidence, prefix: str) -> set[str]:
    """What all apps traced, by name and attributes: ids are drawn by chance, how many there are hangs on the pace."""
    traced = map(json.loads, re.split(r"\n(?={)", evidence.traces))
    return {_same([span["name"], span["attributes"], span["status"]], prefix) for span in traced}


def _same(told: Any, prefix: str) -> str:
    return json.dumps(told, sort_keys=True).replace(prefix, "").replace(prefix.replace("-", "_"), "")


def said(stage: Stage, side: str) -> dict[str, Any]:
    """What a side says, and is told by the matcher: by partition; what comes of one cause in its order."""
    topics = {topic.name for topic in catalogue.said_by(side)} | {SIDES[side]}
    found: dict[str, list[Any]] = defaultdict(list)
    for heard in stage.heard:
        if heard.topic in topics:
            told = (heard.id, heard.time.isoformat(), heard.key, heard.event.model_dump_json())
            found[f"{heard.topic}/{heard.partition}"].append(told)
    return {place: events if _of_one_cause(place) else sorted(events) for place, events in found.items()}


def _of_one_cause(place: str) -> bool:
    return place.startswith(("solidarity-need-notices", "solidarity-gift-notices", *SIDES.values()))


@pytest.mark.parametrize(
    ("same", "households", "payers"), [(NEEDS, TEN, SWAPPED), (GIFTS, SWAPPED, TEN)], ids=["payers", "households"]
)
async def test_exchanging_who_is_behind_one_side_leaves_the_other_as_it_is(
    kafka: str, postgres: str, same: str, households: str, payers: str
) -> None:
    """INVARIANT: no pair. Breaks if an id, a time, an order, an amount, or a row hangs on the others."""
    before = await seen(kafka, postgres, TEN, TEN)
    after = await seen(kafka, postgres, households, payers)
    assert after[same] == before[same]
    assert after["logs"] == before["logs"] != set()
    assert after["traces"] == before["traces"] != set()
    (other,) = SIDES.keys() - {same}
    assert after[other] != before[other], "else nothing was exchanged"
