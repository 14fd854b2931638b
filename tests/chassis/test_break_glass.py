"""What is sealed is shown to two people who ask for it together, and to nobody else; everybody hears of it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from b40_chassis.break_glass import message
from b40_chassis.settings import Settings
from b40_contracts.platform import BreakGlassUsed
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from tests.chassis.vault import KeeperErased, SecretReported, vault
from tests.support.stage import Stage

KEEPER = UUID("7b1e6f0a-52a9-4f0e-9d3c-0c2f8a4be111")
PEOPLE = {name: Ed25519PrivateKey.from_private_bytes(name.encode() * 8) for name in ("anna", "bora", "eve!")}
KNOWN = {name: PEOPLE[name].public_key().public_bytes_raw().hex() for name in ("anna", "bora")}
REASON = "A city asks why its attestation does not hold."


@pytest.fixture
async def stage(kafka: str, postgres: str) -> AsyncIterator[Stage]:
    """A dead letter stands there, with the number 1; anna and bora may ask."""
    async with Stage(kafka, postgres, vault([]), break_glass=KNOWN) as stage:
        await stage.publish(SecretReported(shelf="a", keeper=KEEPER, secret="too much"))
        await stage.quiet()
        yield stage


def soon(hours: int = 1) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)


def asked(*names: str, until: datetime | None = None, number: int = 1, app: str = "library") -> dict[str, Any]:
    """A request that these signed."""
    until = until or soon()
    signed = [
        {"name": name, "signature": PEOPLE[name].sign(message(app, number, REASON, until)).hex()} for name in names
    ]
    return {"reason": REASON, "until": until.isoformat(), "signed": signed}


async def shown(stage: Stage, request: dict[str, Any], number: int = 1) -> tuple[int, str]:
    async with stage.operations("library") as client:
        answer = await client.post(f"/set-aside/{number}/show", json=request)
    await stage.quiet()
    return answer.status_code, answer.text


async def test_two_people_are_shown_it_and_everybody_hears_of_it(stage: Stage) -> None:
    """INVARIANT: break-glass announces itself. Breaks if it is shown in silence, or if the announcement tells more."""
    async with stage.operations("library") as client:
        assert "too much" not in (await client.get("/set-aside/1")).text
    status, text = await shown(stage, asked("anna", "bora"))
    assert status == 200
    assert "too much" in text
    assert stage.said(BreakGlassUsed) == [
        BreakGlassUsed(app="library", topic="library-confidences", number=1, reason=REASON, shown_to=("anna", "bora"))
    ]


@pytest.mark.parametrize(
    ("request_of", "told"),
    [
        (lambda: asked("anna"), "one person alone"),
        (lambda: asked("anna", "anna"), "one person alone"),
        (lambda: asked("anna", "eve!"), "eve! is not one of those"),
        (lambda: asked("anna", "bora") | {"reason": "Another reason than both signed."}, "not the signature of anna"),
        (lambda: asked("anna", "bora", number=2), "not the signature of anna"),
        (lambda: asked("anna", "bora", app="solidarity-needs"), "not the signature of anna"),
        (lambda: asked("anna", "bora", until=soon(-1)), "holds no more"),
        (lambda: asked("anna", "bora", until=soon(25)), "more than 24 hours"),
    ],
    ids=["one", "twice one", "a stranger", "other reason", "other number", "other app", "past", "for long"],
)
async def test_nobody_is_shown_it_otherwise(stage: Stage, request_of: Any, told: str) -> None:
    """INVARIANT: two people. Breaks if one can do with a request of another time, reason, app or dead letter."""
    status, text = await shown(stage, request_of())
    assert (status, told in text) == (403, True)
    assert "too much" not in text
    assert stage.said(BreakGlassUsed) == []


async def test_what_is_forgotten_can_be_shown_to_nobody(stage: Stage) -> None:
    await stage.publish(KeeperErased(keeper=KEEPER))
    await stage.quiet()
    assert (await shown(stage, asked("anna", "bora")))[0] == 410
    assert (await shown(stage, asked("anna", "bora", number=9), 9))[0] == 404
    assert stage.said(BreakGlassUsed) == []


@pytest.mark.parametrize(
    "people", ["anna", "anna=12", f"anna={KNOWN['anna']},bora={KNOWN['anna']}", f"={KNOWN['anna']}"]
)
def test_people_are_set_by_name_and_key(people: str) -> None:
    """Breaks if one key counts as two people, or if nobody is told that a key is none."""
    with pytest.raises(ValidationError, match="break_glass"):
        Settings(kafka="k", database="d", secret="s", break_glass=people)  # type: ignore[arg-type]
    both = ",".join(f"{name}={key}" for name, key in KNOWN.items())
    assert Settings(kafka="k", database="d", secret="s", break_glass=both).break_glass == KNOWN  # type: ignore[arg-type]
