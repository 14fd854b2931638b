"""An integrator from its registration to its revocation, by the command alone, on the whole platform."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, STDOUT
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import httpx
from b40_contracts import registry
from b40_contracts.cloudevents import CloudEvent, to_kafka, to_structured

from tests.journeys.given import burgas
from tests.journeys.traveller import Traveller, envelope

SOURCE = "//it.burgas.example"


async def b40(traveller: Traveller, *words: str) -> str:
    """What the command prints; its exit code is 0."""
    command = [sys.executable, "-m", "b40_infra.command", *words, "--folder", str(traveller.platform.folder)]
    child = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=STDOUT)
    output, _ = await asyncio.wait_for(child.communicate(), 60)
    await traveller.platform.quiet()
    assert child.returncode == 0, output.decode()
    return output.decode()


def described(id_: str) -> CloudEvent:
    return replace(envelope(burgas(), id_, "2022-06-19T08:00"), source=SOURCE)


async def fate(traveller: Traveller, id_: str, key: str) -> str:
    """What became of an event, as whoever holds the key is told."""
    address = f"{traveller.public('registry')}/intake/{quote(SOURCE, safe='')}/{id_}"
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {key}"}, trust_env=False) as client:
        answer = (await client.get(address)).json()
    return str(answer.get("state", answer.get("title")))


async def test_an_integrator_comes_reports_and_goes(traveller: Traveller, tmp_path: Path) -> None:
    """Breaks if a key works somewhere before it is registered or after it was revoked, or an app never hears of it."""
    pem, facts = tmp_path / "key.pem", tmp_path / "facts.jsonl"
    scope = ("--source", SOURCE, "--city", "BGBOJ", "--signing-key", str(pem))
    told = await b40(traveller, "integrators", "add", "burgas-it", *scope)
    assert "burgas-it is registered; in force at registry, events, solidarity-needs, solidarity-gifts, notify" in told
    (key,) = [line.rpartition(" ")[2] for line in told.splitlines() if line.startswith("API key, shown this once: ")]

    facts.write_text(json.dumps(to_structured(described("signed"))))
    await b40(traveller, "publish", str(facts), "--signing-key", str(pem))
    unsigned = to_kafka(described("unsigned"))
    await traveller.record(registry.INTAKE.name, unsigned.value, unsigned.headers, key=unsigned.key)
    assert (await traveller.posts("registry", described("no-key"))).status_code == 401
    assert (await traveller.posts("solidarity-needs", described("no-key"))).status_code == 401
    fates = [await fate(traveller, id_, key) for id_ in ("signed", "unsigned", "no-key")]
    assert fates == ["applied", "set aside", "Unknown"]

    await b40(traveller, "integrators", "revoke", "burgas-it")
    assert await fate(traveller, "signed", key) == "Not known"
    facts.write_text(json.dumps(to_structured(described("late"))))
    await b40(traveller, "publish", str(facts), "--signing-key", str(pem))
    ours = [letter for letter in await traveller.dead_letters("registry") if letter["source"] == SOURCE]
    assert [(letter["event_id"], letter["reason"]) for letter in ours] == [
        ("unsigned", "not-signed"),
        ("late", "revoked-sender"),
    ]
    assert "burgas-it" in await b40(traveller, "integrators", "list", "--json")
