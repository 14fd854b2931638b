"""What notify's tests start from: cities, recipients, facts of others."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from b40_contracts.cloudevents import describe, to_kafka
from b40_contracts.events import StopDated
from b40_contracts.registry import CITIES, City, CityAdmitted, Status
from b40_contracts.values import Source

from tests.support.stage import Stage

ANA = UUID("7b1e6f0a-52a9-4f0e-9d3c-0c2f8a4be111")
BORIS = UUID("8c2f7a1b-63ba-4a1f-8e4d-1d309b5cf222")
MINUTES = Source(title="Minutes")
JUNE_28 = date(2022, 6, 28)

SKOPJE = City(
    code="MKSKP",
    geonames=785842,
    country="MK",
    names={"en": "Skopje", "mk": "Скопје", "sq": "Shkup"},
    latitude=42.0,
    longitude=21.43,
    timezone="Europe/Skopje",
    profile_source=MINUTES,
    status=Status.ACTIVE,
    since=JUNE_28,
    ledger=(),
    described_at=datetime(2022, 6, 1, tzinfo=UTC),
)
VERSIONS = itertools.count(1)

NIS = SKOPJE.model_copy(
    update={
        "code": "RSINI",
        "geonames": 787657,
        "country": "RS",
        "names": {"sr-Cyrl": "Ниш"},
        "timezone": "Europe/Belgrade",
    }
)


def admitted(city: str = "MKSKP") -> CityAdmitted:
    """A city joins."""
    return CityAdmitted(city=city, on=JUNE_28, source=MINUTES)


def dated(city: str = "MKSKP", on: date = date(2022, 7, 20)) -> StopDated:
    """A stop has its day."""
    return StopDated(tour="festival-bus-2022", city=city, on=on, why="It lies on the way.")


async def state(stage: Stage, *cities: City) -> None:
    """The registry states cities, each time under a higher version."""
    for city in cities:
        version = next(VERSIONS)
        time = datetime(2022, 6, 20, tzinfo=UTC)
        event = describe(city, id=f"{city.code}-{version}", source="//b40/registry", time=time)
        record = to_kafka(replace(event, extensions={"stateversion": str(version)}))
        await stage.publish_raw(CITIES.name, record.key, record.value, record.headers)


async def enter(stage: Stage, id_: UUID, **more: Any) -> None:
    """Enter a recipient over HTTP, and wait until what it agreed to holds."""
    body = {"address": f"{'ana' if id_ == ANA else 'boris'}@example.org", "about": ["membership", "tours"], **more}
    async with stage.http("notify") as client:
        answer = await client.put(f"/recipients/{id_}", json=body)
    assert answer.status_code == 204, answer.text
    await stage.quiet()
