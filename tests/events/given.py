"""What the tests of events start from: cities as the registry states them, and what 2022 had in store."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from b40_contracts.cloudevents import describe, to_kafka
from b40_contracts.events import (
    Act,
    CityWeight,
    FairReported,
    LineUpReported,
    MilestoneReported,
    PlacesReported,
    PriceTier,
    StopConfirmationReported,
    TourAnnouncementReported,
    Window,
)
from b40_contracts.registry import CITIES, City, LedgerEntry, Status
from b40_contracts.values import Source

from tests.events.places import ISTANBUL, LISTED, NAMES, PLACES, POPULATIONS
from tests.support.stage import Stage, moment

SOURCE = Source(title="Newsletter of the B40 Istanbul workshops, June 2022")
FOUNDED = date(2021, 11, 30)
BUS = "festival-bus-2022"
FAIR = "womex-2022"
SUMMIT = "youth-summit-2022"

ZONES = {"TR": "Europe/Istanbul", "GR": "Europe/Athens", "RO": "Europe/Bucharest", "BG": "Europe/Sofia"}
VERSIONS = itertools.count(1)

TOUR = TourAnnouncementReported(
    tour=BUS,
    names={"en": "Festival Bus", "tr": "Festival Otobüsü"},
    start=ISTANBUL,
    cities=LISTED,
    cities_confirmed_by=date(2022, 7, 1),
    dates_confirmed_by=date(2022, 7, 7),
    first_concert=date(2022, 7, 16),
    last_concert=date(2022, 9, 30),
    source=SOURCE,
)

WOMEX = FairReported(
    fair=FAIR,
    names={"en": "WOMEX 22"},
    place="Lisbon, Portugal",
    first_day=date(2022, 10, 19),
    last_day=date(2022, 10, 23),
    tiers=tuple(
        PriceTier(tier=tier, name=name, until=until, kind="payment-receipt")
        for tier, name, until in (
            ("smart", "Smart Rate", date(2022, 6, 24)),
            ("summer", "Summer Rate", date(2022, 8, 26)),
            ("late", "Late Rate", date(2022, 9, 23)),
            ("sprint", "Sprint Rate", date(2022, 10, 14)),
        )
    ),
)
REGISTRATION = MilestoneReported(
    fair=FAIR, milestone="registration", name="Registration of delegates", on=date(2022, 9, 1), rate="summer"
)

PLACES_TO_SHARE = PlacesReported(
    summit=SUMMIT,
    names={"en": "Young City Representatives Summit"},
    host=ISTANBUL,
    first_day=date(2022, 8, 22),
    last_day=date(2022, 8, 27),
    places=44,
    cities=tuple(
        CityWeight(city=city, population=population, population_source="GeoNames")
        for city, population in POPULATIONS.items()
    ),
)


def city(code: str, status: Status | None = Status.ACTIVE, since: date | None = FOUNDED) -> City:
    """A city as the registry states it."""
    latitude, longitude = PLACES[code]
    ledger = (LedgerEntry(status=status, on=since, source=SOURCE),) if status and since else ()
    return City(
        code=code,
        geonames=sorted(PLACES).index(code) + 1,
        country=code[:2],
        names={"en": NAMES[code]},
        latitude=latitude,
        longitude=longitude,
        timezone=ZONES.get(code[:2], "Europe/Belgrade"),
        profile_source=SOURCE,
        status=status,
        since=since,
        ledger=ledger,
        described_at=datetime(2022, 6, 1, tzinfo=UTC),
    )


async def state(stage: Stage, *cities: City, time: str = "2022-06-20") -> None:
    """The registry states cities, each time under a higher version."""
    for stated in cities:
        version = next(VERSIONS)
        event = describe(stated, id=f"{stated.code}-{version}", source="//b40/registry", time=moment(time))
        record = to_kafka(replace(event, extensions={"stateversion": str(version)}))
        await stage.publish_raw(CITIES.name, record.key, record.value, record.headers)


async def days(stage: Stage, *moments: str) -> None:
    """The clock says each of these moments, and everything comes to rest in between."""
    for each in moments:
        await stage.tick(each)
        await stage.quiet()


def confirmation(code: str, *windows: tuple[date, date]) -> StopConfirmationReported:
    """A city takes part, in these windows."""
    asked = tuple(Window(first=first, last=last) for first, last in windows)
    return StopConfirmationReported(tour=BUS, city=code, windows=asked)


def line_up(code: str, *origins: str) -> LineUpReported:
    """Acts from these cities play at a stop."""
    acts = tuple(Act(name=f"Ensemble of {NAMES[origin]}", city=origin) for origin in origins)
    return LineUpReported(tour=BUS, city=code, acts=acts)


async def tell(stage: Stage, events: Sequence[Any], time: str) -> None:
    """An integrator publishes events, and everything comes to rest."""
    for event in events:
        await stage.publish(event, time=time)
    await stage.quiet()
