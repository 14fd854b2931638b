"""Bills that are confirmed before their households are attested, on real Kafka and PostgreSQL: they wait, and end."""

from collections.abc import AsyncIterator

import pytest
from b40_contracts.solidarity import NeedOpened, NeedWithdrawalReported
from b40_registry.app import application as registry
from b40_solidarity.needs.app import application as needs

from tests.solidarity.given import attestation, bill, named, sealed
from tests.solidarity.stages import MORNING, begin
from tests.support.stage import Stage, moment

LATER = "2022-07-04T15:30:00"


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """Istanbul with a policy; households may open 600.00 each."""
    async with Stage(kafka, postgres, registry, needs) as stage:
        await begin(stage)
        yield stage


async def refused(stage: Stage) -> list[tuple[str, str]]:
    await stage.quiet()
    return sorted((refusal.id, refusal.reason) for refusal in stage.refusals())


async def test_a_bill_that_comes_before_its_attestation_waits_for_it(stage: Stage) -> None:
    """Breaks if a biller that is quicker than a city is refused, or if what waited passes by the attestation's rules.

    It is as old as its confirmation, so that a slow city makes nobody wait for longer.
    """
    await stage.publish(bill("a", 40_000), id="first", time=MORNING)
    await stage.publish(bill("a2", 30_000, of="a"), id="above the cap", time=MORNING)
    await stage.publish(bill("a3", 20_000, of="a"), id="second", time=MORNING)
    await stage.publish(bill("again", 40_000, of="a", tag=sealed("bill a")), id="same bill", time=MORNING)
    await stage.publish(bill("a", 10_000), id="same need", time=MORNING)
    assert await refused(stage) == [("same need", "need-known")]
    assert stage.said(NeedOpened) == []
    await stage.publish(attestation("a"), time=LATER)
    assert (await refused(stage))[:-1] == [("above the cap", "above-cap"), ("same bill", "above-cap")]
    opened = {(need.amount_minor, need.since) for need in stage.said(NeedOpened)}
    assert opened == {(40_000, moment(MORNING)), (20_000, moment(MORNING))}
    await stage.publish(attestation("a"), time=LATER)
    await stage.quiet()
    assert len(stage.said(NeedOpened)) == 2


async def test_a_bill_waits_for_thirty_days_and_is_refused_once(stage: Stage) -> None:
    """Breaks if a biller never hears that nobody attested the household, or if an attestation opens it after that."""
    await stage.publish(bill("a", 9_000), id="never attested", time=MORNING)
    await stage.quiet()
    await stage.tick("2022-08-02T23:00:00")
    assert await refused(stage) == []
    await stage.tick("2022-08-03T01:00:00")
    assert await refused(stage) == [("never attested", "no-attestation")]
    await stage.publish(attestation("a"), time="2022-08-03T02:00:00")
    await stage.tick("2022-08-03T03:00:00")
    assert await refused(stage) == [("never attested", "no-attestation")]
    assert stage.said(NeedOpened) == []


async def test_a_bill_that_is_withdrawn_while_it_waits_is_not_opened(stage: Stage) -> None:
    """Breaks if a bill that was paid elsewhere is paid again, or if another household can withdraw it."""
    for name in "ab":
        await stage.publish(bill(name, 9_000), time=MORNING)
    await stage.publish(NeedWithdrawalReported(need=named("need a"), attestation=named("attestation a")), time=MORNING)
    await stage.publish(
        NeedWithdrawalReported(need=named("need b"), attestation=named("attestation c")), id="another's", time=MORNING
    )
    assert await refused(stage) == [("another's", "no-need")]
    for name in "ab":
        await stage.publish(attestation(name), time=LATER)
    await stage.quiet()
    assert len(stage.said(NeedOpened)) == 1
    rows = await stage.query("solidarity-needs", "SELECT id FROM need")
    assert [row["id"] for row in rows] == [named("need b")]
