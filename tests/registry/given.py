"""What the registry's tests start from: cities, groups, meetings, decisions, with what they rest on."""

from datetime import date
from typing import Any

from b40_contracts.registry import (
    CityProfileReported,
    DecisionFulfilmentReported,
    DecisionReported,
    LedgerEntry,
    MeetingReported,
    MembershipReported,
    Owner,
    Status,
    WorkingGroupReported,
)
from b40_contracts.values import Source

MINUTES = Source(title="Minutes of the Istanbul workshops")
SIGNING = Source(title="Signing in Sofia", passage="signed 28 Jun 2022")
JUNE_28 = date(2022, 6, 28)

ISTANBUL = CityProfileReported(
    code="TRIST",
    geonames=745044,
    country="TR",
    names={"en": "Istanbul", "tr": "İstanbul"},
    latitude=41.0138,
    longitude=28.9497,
    timezone="Europe/Istanbul",
    profile_source=Source(title="GeoNames"),
)
PRISTINA = CityProfileReported(
    code="XKPRN",
    geonames=786714,
    country="XK",
    names={"en": "Pristina", "sq": "Prishtina", "sr-Cyrl": "Приштина"},
    latitude=42.6727,
    longitude=21.1669,
    timezone="Europe/Belgrade",
    profile_source=Source(title="GeoNames"),
)
SOFIA = CityProfileReported(
    code="BGSOF",
    geonames=727011,
    country="BG",
    names={"en": "Sofia", "bg": "София"},
    latitude=42.6975,
    longitude=23.3241,
    timezone="Europe/Sofia",
    profile_source=Source(title="GeoNames"),
)


def entry(status: Status, on: date, source: Source = SIGNING) -> LedgerEntry:
    """A line of a ledger."""
    return LedgerEntry(status=status, on=on, source=source)


def membership(city: str, status: Status, on: date, source: Source = SIGNING) -> MembershipReported:
    """A report that a city is something from a day on."""
    return MembershipReported(city=city, status=status, on=on, source=source)


def group(**changed: Any) -> WorkingGroupReported:
    """A working group of Istanbul and Sofia."""
    fields: dict[str, Any] = {
        "group": "smart-cities",
        "names": {"en": "Smart cities"},
        "coordinator": "TRIST",
        "cities": ("BGSOF", "TRIST"),
        "formed_on": date(2021, 11, 30),
        "source": MINUTES,
    }
    return WorkingGroupReported(**{**fields, **changed})


def meeting(**changed: Any) -> MeetingReported:
    """The workshops of June 2022 in Istanbul."""
    fields: dict[str, Any] = {
        "meeting": "istanbul-workshops-2022-06",
        "names": {"en": "Istanbul workshops"},
        "groups": ("smart-cities",),
        "first_day": date(2022, 6, 20),
        "last_day": date(2022, 6, 25),
        "host": "TRIST",
        "place": "Istanbul",
        "source": MINUTES,
    }
    return MeetingReported(**{**fields, **changed})


def decision(**changed: Any) -> DecisionReported:
    """That the cities of the Festival Bus are confirmed by 1 July 2022."""
    fields: dict[str, Any] = {
        "decision": "festival-bus-cities",
        "text": {"en": "The cities of the Festival Bus are confirmed by 1 July."},
        "owner": Owner(city="TRIST"),
        "taken_on": date(2022, 6, 25),
        "due_on": date(2022, 7, 1),
        "meeting": "istanbul-workshops-2022-06",
        "source": MINUTES,
    }
    return DecisionReported(**{**fields, **changed})


def fulfilment(**changed: Any) -> DecisionFulfilmentReported:
    """That they were confirmed on 30 June."""
    fields: dict[str, Any] = {"decision": "festival-bus-cities", "on": date(2022, 6, 30), "evidence": MINUTES}
    return DecisionFulfilmentReported(**{**fields, **changed})
