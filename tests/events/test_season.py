"""The season of 2022 as events sees it: its tour, its plan, its places, its deadlines."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from b40_contracts import events, registry
from b40_contracts.events import (
    AllocationSimulated,
    DeadlineMissed,
    PlacesGranted,
    PlanConflictFound,
    StopMoved,
    StopPlayed,
    TourDecided,
)
from b40_events.app import application
from b40_registry.app import application as registry_application

from tests.support.stage import Stage, moment

SEASON = Path(__file__).parents[2] / "infra" / "seasons" / "2022"
HEADERS = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
HOME = {event.type: topic.name for topic in (registry.INTAKE, events.INTAKE) for event in topic.events}


def reports() -> list[dict[str, Any]]:
    """What the season's input reports to the registry and to events, in order of time."""
    lines = [
        json.loads(line)
        for name in ("facts.jsonl", "assumptions.jsonl")
        for line in (SEASON / name).read_text(encoding="utf-8").splitlines()
    ]
    return sorted((line for line in lines if line["type"] in HOME), key=lambda line: max("2022-06-20", line["time"]))


def midnights(after: datetime, until: datetime) -> Iterator[datetime]:
    """The midnights, UTC, between two moments."""
    day = datetime.combine(after.date() + timedelta(days=1), datetime.min.time(), after.tzinfo)
    while day <= until:
        yield day
        day += timedelta(days=1)


async def run_the_season(stage: Stage) -> None:
    """Day by day: the clock says midnight, then what was reported that day is published."""
    now = moment("2022-06-20")
    await stage.tick(now)
    for day, told in groupby(reports(), key=lambda line: max("2022-06-20", line["time"][:10])):
        for midnight in midnights(now, moment(day)):
            await stage.tick(midnight)
            now = midnight
        await stage.quiet()
        for line in told:
            await stage.publish_raw(HOME[line["type"]], line["subject"].encode(), json.dumps(line).encode(), HEADERS)
        await stage.quiet()
    for midnight in midnights(now, moment("2022-10-23")):
        await stage.tick(midnight)
    await stage.quiet()


async def test_the_season_of_2022_comes_out_as_its_sources_say(kafka: str, postgres: str) -> None:
    """The figures that the platform must reproduce, from the input that it ships with."""
    async with Stage(kafka, postgres, registry_application, application) as stage:
        await run_the_season(stage)
        assert stage.refusals() == []
        assert_the_tour(stage)
        [conflict] = stage.said(PlanConflictFound)
        assert (conflict.milestone, conflict.deadline, conflict.days_late) == ("registration", "summer", 6)
        [simulated] = stage.said(AllocationSimulated)
        assert (simulated.proportional["TRIST"], simulated.proportional["MEKOT"]) == (36, 0)
        assert {granted.places for granted in stage.said(PlacesGranted)} == set(simulated.equal.values()) == {4}
        assert [
            missed.deadline for missed in stage.said(DeadlineMissed) if missed.concerns == "festival-bus-2022"
        ] == []


def assert_the_tour(stage: Stage) -> None:
    """Three decisions: the dates, a city that joins, one that withdraws; what was published stays."""
    first, joined, left = stage.said(TourDecided)
    assert first.listing_order_km == pytest.approx(4619, rel=0.01)
    assert first.shortest_km_without_windows == pytest.approx(2266, rel=0.01)
    assert [change.kind for change in (*joined.changes, *left.changes)] == ["joined", "withdrawn"]
    days = [{stop.city: stop.on for stop in decision.stops} for decision in (first, joined, left)]
    assert days[0].items() < days[1].items()
    assert days[2].items() < days[1].items()
    assert stage.said(StopMoved) == []
    assert {played.city: played.on for played in stage.said(StopPlayed)} == days[2]
