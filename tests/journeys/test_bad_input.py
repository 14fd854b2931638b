"""Whatever is thrown at the doors ends as a refusal or a dead letter with a reason, and what is good goes on.

Each story publishes something bad and then something good by the same way, and looks what became of both.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from uuid import UUID

import pytest
from b40_contracts import registry
from b40_contracts.cloudevents import to_kafka, to_structured
from b40_contracts.platform import EventRefused
from b40_contracts.registry import CityProfileReported, MembershipReported
from b40_contracts.solidarity import (
    CurrencyRules,
    GiftReported,
    NeedWithdrawalReported,
    PolicyReported,
    SupportKind,
)
from b40_infra.season_read import announcements

from tests.journeys.given import burgas, membership
from tests.journeys.traveller import Traveller, envelope

TOPIC = registry.INTAKE.name
TIME = "2022-06-19T08:00"
STRUCTURED = {"content-type": "application/cloudevents+json"}
GIFT = UUID("aaaaaaaa-0000-4000-8000-000000000001")


@pytest.fixture(autouse=True)
async def _known_city(traveller: Traveller) -> None:
    """Burgas is described; the same words under the same id change nothing after the first time."""
    await traveller.says(TOPIC, burgas(), "profile-burgas", TIME)


async def goes_on(traveller: Traveller, id: str) -> None:  # noqa: A002
    """What is good is applied after what was bad: a description of the city on the same topic, and so the same key."""
    await traveller.says(TOPIC, burgas(), id, TIME)
    assert await traveller.fate("registry", id) == ("applied", "")


async def test_a_truncated_json_is_a_dead_letter(traveller: Traveller) -> None:
    """Breaks if a value that cannot be parsed stops the partition or vanishes."""
    whole = to_kafka(envelope(burgas(), "truncated", TIME))
    await traveller.record(TOPIC, (whole.value or b"")[:40], whole.headers, key=whole.key)
    state, reason = await traveller.fate("registry", "truncated")
    assert state == "set aside"
    assert "Invalid JSON" in reason
    await goes_on(traveller, "after-truncated")


async def test_a_wrong_type_is_a_dead_letter_that_names_the_field(traveller: Traveller) -> None:
    """Breaks if validation coerces, or tells the sender's value instead of the field."""
    event = envelope(burgas(), "wrong-type", TIME)
    record = to_kafka(event)
    value = json.dumps(json.loads(event.data or b"") | {"latitude": "forty-two"}).encode()
    await traveller.record(TOPIC, value, record.headers, key=record.key)
    state, reason = await traveller.fate("registry", "wrong-type")
    assert state == "set aside"
    assert "data.latitude" in reason
    assert "forty-two" not in reason
    await goes_on(traveller, "after-wrong-type")


async def test_a_date_before_1900_is_a_dead_letter(traveller: Traveller) -> None:
    """Breaks if a mistyped year is entered in the ledger."""
    event = envelope(membership("BGBOJ", "2022-06-20"), "long-ago", TIME)
    record = to_kafka(event)
    value = (event.data or b"").replace(b"2022-06-20", b"1022-06-20")
    await traveller.record(TOPIC, value, record.headers, key=record.key)
    state, reason = await traveller.fate("registry", "long-ago")
    assert state == "set aside"
    assert "data.on" in reason
    await goes_on(traveller, "after-long-ago")


async def test_a_null_value_is_a_dead_letter(traveller: Traveller) -> None:
    """Breaks if a null value on an intake is taken for a deletion."""
    record = to_kafka(envelope(burgas(), "null-value", TIME))
    await traveller.record(TOPIC, None, record.headers, key=record.key)
    letters = [letter for letter in await traveller.dead_letters("registry") if letter["reason"] == "null-value"]
    assert letters
    assert "only a state topic" in letters[0]["detail"]
    await goes_on(traveller, "after-null-value")


async def test_a_header_that_is_not_utf_8_is_a_dead_letter(traveller: Traveller) -> None:
    """Breaks if decoding a header raises outside of what is caught."""
    record = to_kafka(envelope(burgas(), "bad-header", TIME))
    headers = [(name, b"\xff\xfe" if name == "ce_subject" else value) for name, value in record.headers]
    await traveller.record(TOPIC, record.value, headers, key=record.key)
    assert any("subject" in letter["detail"] for letter in await traveller.dead_letters("registry"))
    await goes_on(traveller, "after-bad-header")


async def test_an_unknown_type_is_refused(traveller: Traveller) -> None:
    """Breaks if an integrator's mistake in a type's name is passed over in silence."""
    record = to_kafka(envelope(burgas(), "unknown-type", TIME))
    guessed = b"org.b40.registry.city.guessed.v1"
    headers = [(name, guessed if name == "ce_type" else value) for name, value in record.headers]
    await traveller.record(TOPIC, record.value, headers, key=record.key)
    state, reason = await traveller.fate("registry", "unknown-type")
    assert state == "refused"
    assert "type" in reason
    await goes_on(traveller, "after-unknown-type")


async def test_an_id_used_again_for_something_else_is_refused_and_the_first_stays(traveller: Traveller) -> None:
    """Breaks if the second content replaces the first, or is dropped as if it were the same."""
    await traveller.says(TOPIC, burgas(), "used-twice", TIME)
    other = CityProfileReported.model_validate(burgas().model_dump() | {"names": {"en": "Bourgas"}})
    await traveller.says(TOPIC, other, "used-twice", TIME)
    refusals = (await announcements(traveller.platform.ways.reader)).of(EventRefused)
    (refusal,) = [refusal for refusal in refusals if refusal.id == "used-twice"]
    assert "content" in refusal.detail
    assert await traveller.fate("registry", "used-twice") == ("applied", ""), "what the id first stood for"
    assert (await traveller.asks("registry", "/cities/BGBOJ"))["names"]["en"] == "Burgas"
    await goes_on(traveller, "after-used-twice")


async def test_an_unknown_city_waits_a_day_and_is_then_refused(traveller: Traveller) -> None:
    """Breaks if what waits is lost, blocks others, or waits for ever."""
    unknown = MembershipReported.model_validate(membership("ROBUH", "2022-06-20").model_dump())
    await traveller.says(TOPIC, unknown, "unknown-city", TIME)
    assert (await traveller.fate("registry", "unknown-city"))[0] == "waiting"
    await goes_on(traveller, "while-unknown-city")
    await traveller.day("2022-06-23")
    await traveller.day("2022-06-24")
    state, reason = await traveller.fate("registry", "unknown-city")
    assert state == "refused"
    assert "ROBUH" in reason


async def test_a_gift_of_137_42_is_refused(traveller: Traveller) -> None:
    """Breaks if an amount that betrays its giver enters the books."""
    rules = CurrencyRules(currency="TRY", denominations=(5_000, 10_000), cap_minor=50_000)
    policy = PolicyReported(scope="network", kinds=(SupportKind.WATER_BILL,), currencies=(rules,), batch_hours=(6,))
    await traveller.posts("solidarity-needs", envelope(policy, "policy", TIME))
    gift = GiftReported(gift=GIFT, payer="cGF5ZXI=", currency="TRY", amount_minor=13_742)
    assert (await traveller.posts("solidarity-gifts", envelope(gift, "odd-gift", TIME))).status_code == 202
    state, reason = await traveller.fate("solidarity-gifts", "odd-gift")
    assert state == "refused"
    assert "not-a-denomination" in reason

    document = to_structured(envelope(gift, "broken-gift", TIME))
    document["data"]["amount_minor"] = 137.42
    answer = await traveller.sends("solidarity-gifts", json.dumps(document).encode(), STRUCTURED)
    assert answer.status_code == 422
    assert answer.json()["field"] == "data.amount_minor"


async def test_who_withdraws_a_need_that_nobody_reported_is_told(traveller: Traveller) -> None:
    """Breaks if a report on the side of needs, which comes over HTTPS alone, is refused without a word."""
    withdrawal = NeedWithdrawalReported(
        need=UUID("bbbbbbbb-0000-4000-8000-000000000001"), attestation=UUID("bbbbbbbb-0000-4000-8000-000000000002")
    )
    await traveller.posts("solidarity-needs", envelope(withdrawal, "no-need", TIME))
    state, reason = await traveller.fate("solidarity-needs", "no-need")
    assert state == "refused"
    assert "no-need" in reason


async def test_an_id_used_again_over_https_is_a_conflict(traveller: Traveller) -> None:
    """Breaks if the same request twice is an error, or other content under the same id is none."""
    event = envelope(membership("BGBOJ", "2022-06-20"), "posted", TIME)
    assert (await traveller.posts("registry", event)).status_code == 202
    assert (await traveller.posts("registry", event)).status_code == 202
    other = envelope(membership("BGBOJ", "2022-06-22"), "posted", TIME)
    answer = await traveller.posts("registry", other)
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"


async def test_two_megabytes_are_too_large_over_https_and_in_b40_publish(traveller: Traveller, tmp_path: Path) -> None:
    """Breaks if a service reads without limit, or `b40 publish` answers with a traceback."""
    document = to_structured(envelope(burgas(), "too-large", TIME))
    document["data"]["names"] = {"en": "x"}
    document["padding"] = "x"
    document["data"]["profile_source"]["unknown"] = "x" * 2_000_000
    raw = json.dumps(document).encode()
    assert (await traveller.sends("registry", raw, STRUCTURED)).status_code == 413

    file = tmp_path / "large.json"
    file.write_bytes(raw)
    b40 = Path(sys.executable).with_name("b40")
    publishing = await asyncio.create_subprocess_exec(
        b40, "publish", file, "--kafka", traveller.platform.kafka, stdout=PIPE, stderr=STDOUT
    )
    said = (await publishing.communicate())[0].decode()
    assert publishing.returncode == 1
    assert "at most 1,048,576" in " ".join(said.split())
    assert "Traceback" not in said
