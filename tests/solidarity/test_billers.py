"""Billers and their keys: without one a bill waits; the payment partner hears totals, a biller its own lines."""

from collections.abc import AsyncIterator

import pytest
from b40_contracts.solidarity import (
    Biller,
    BillerReported,
    NeedOpened,
    NeedsOrdered,
    OrderedNeed,
    OrderLinesPlaced,
    OrderPlaced,
)
from b40_registry.app import application as registry
from b40_solidarity.needs.app import application as needs
from cryptography.exceptions import InvalidTag

from tests.solidarity.given import attestation, bill, biller, decrypted, named, sealed
from tests.solidarity.stages import BATCH_HOUR, MORNING, begin, lines_of
from tests.support.stage import Stage, moment

WEAK = "A" * 43 + "="


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """Istanbul with a policy and two billers, without a matcher: the test says what it would say."""
    async with Stage(kafka, postgres, registry, needs) as stage:
        await begin(stage)
        yield stage


async def test_a_bill_waits_for_its_biller_s_key(stage: Stage) -> None:
    """Breaks if a line could be ordered that nobody can encrypt, or if the order of two reports decides."""
    await stage.publish(attestation("a"), time=MORNING)
    await stage.publish(bill("a", 9_000, biller="gas-works"), time=MORNING)
    await stage.quiet()
    assert stage.said(NeedOpened) == []
    await stage.publish(biller("gas-works"), time=MORNING)
    await stage.quiet()
    assert [opened.amount_minor for opened in stage.said(NeedOpened)] == [9_000]


async def test_nobody_else_changes_a_biller_s_key_and_no_key_is_weak(stage: Stage) -> None:
    """Breaks if somebody has the lines of another's customers sent to itself."""
    other_key = biller("card-operator").public_key
    await stage.publish(BillerReported(biller="iski", public_key=other_key), time=MORNING, source="//another.example")
    await stage.publish(BillerReported(biller="iski", public_key=other_key), time="2022-06-30")
    await stage.publish(BillerReported(biller="new", public_key=WEAK), time=MORNING)
    await stage.quiet()
    reasons = sorted(refusal.reason for refusal in stage.refusals())
    assert reasons == ["another-reporter", "older-key", "weak-key"]
    assert {one.biller: one.public_key for one in stage.said(Biller)}["iski"] == biller("iski").public_key
    await stage.publish(BillerReported(biller="iski", public_key=other_key), time=MORNING)
    await stage.quiet()
    assert stage.said(Biller)[-1].public_key == other_key


async def test_the_partner_hears_totals_and_each_biller_reads_its_own_lines(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if the payment partner learns a bill, one biller another's customers, or a long order does not fit."""
    monkeypatch.setattr("b40_solidarity.needs.handlers.placing.LINES_MAX", 2)
    for name in "abcd":
        await stage.publish(attestation(name), time=MORNING)
        at = "card-operator" if name == "d" else "iski"
        await stage.publish(bill(name, 9_000, biller=at), time=MORNING)
    await stage.quiet()
    ordered = tuple(OrderedNeed(need=one.need, amount_minor=9_000) for one in stage.said(NeedOpened))
    await stage.publish(NeedsOrdered(batch=named("batch"), currency="TRY", due=moment(BATCH_HOUR), needs=ordered))
    await stage.quiet()
    totals = {placed.biller: placed for placed in stage.said(OrderPlaced)}
    assert {name: placed.total_minor for name, placed in totals.items()} == {"iski": 27_000, "card-operator": 9_000}
    assert not any(
        sealed(f"reference {name}") in placed.model_dump_json() for placed in totals.values() for name in "abcd"
    )
    read = {name: {line.reference for line in lines_of(stage, placed)} for name, placed in totals.items()}
    assert read == {
        "iski": {sealed(f"reference {name}") for name in "abc"},
        "card-operator": {sealed("reference d")},
    }
    parts = [(part.number, part.of) for part in stage.said(OrderLinesPlaced) if part.biller == "iski"]
    assert sorted(parts) == [(1, 2), (2, 2)]
    stolen = [part.model_copy(update={"biller": "card-operator"}) for part in stage.said(OrderLinesPlaced)]
    with pytest.raises(InvalidTag):
        decrypted(stolen, totals["iski"].order)
