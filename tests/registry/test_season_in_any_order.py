"""The season of 2022 as the registry sees it: the same books whatever the order between its subjects."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from b40_contracts.registry import INTAKE
from b40_registry.app import application

from tests.support.stage import Stage

SEASON = Path(__file__).parents[2] / "infra" / "seasons" / "2022"
HEADERS = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
READ = ("cities", "groups", "meetings", "decisions")


def reports() -> list[dict[str, Any]]:
    """What the season's input reports to the registry, in the order of its files."""
    types = {event.type for event in INTAKE.events}
    lines = [
        line
        for name in ("facts.jsonl", "assumptions.jsonl")
        for line in (SEASON / name).read_text(encoding="utf-8").splitlines()
    ]
    return [event for event in map(json.loads, lines) if event["type"] in types]


def shuffled(events: Sequence[dict[str, Any]], chance: Random) -> list[dict[str, Any]]:
    """The events in another order, but those of one key in the order they have."""
    queues: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        queues.setdefault(event["subject"], []).append(event)
    keys = [event["subject"] for event in events]
    chance.shuffle(keys)
    return [queues[key].pop(0) for key in keys]


async def books(kafka: str, postgres: str, events: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the read API tells when all is over, with what was announced and refused."""
    async with Stage(kafka, postgres, application) as stage:
        await stage.tick("2022-06-20")
        await stage.quiet()
        for event in events:
            await stage.publish_raw(INTAKE.name, event["subject"].encode(), json.dumps(event).encode(), HEADERS)
        for day in ("2022-06-28", "2022-07-02", "2022-10-23", "2022-11-30"):
            await stage.quiet()
            await stage.tick(day)
        await stage.quiet()
        told = sorted(
            f"{heard.event.type} {heard.key} {heard.time.isoformat()}"
            for heard in stage.heard
            if heard.topic not in (INTAKE.name, "registry-cities", "clock")
        )
        async with stage.http("registry") as client:
            read = {what: (await client.get(f"/{what}", params={"limit": 500})).json() for what in READ}
        return {"refused": stage.refusals(), "told": told, **read}


async def test_the_season_ends_in_the_same_books_whatever_the_order_between_keys(kafka: str, postgres: str) -> None:
    """INVARIANT: nothing depends on which partition is read first. Breaks if a reference must come before its use."""
    events = reports()
    straight = await books(kafka, postgres, events)
    assert straight["refused"] == []
    assert all(straight[what] for what in READ)
    assert await books(kafka, postgres, shuffled(events, Random(2022))) == straight
