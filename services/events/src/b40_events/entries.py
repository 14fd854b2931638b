"""What stands in the calendar for a stop, a deadline, a fair, a meeting, a decision."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from b40_contracts.events import FairReported, PlacesReported
from b40_contracts.registry import DecisionTaken
from pydantic import BaseModel, ConfigDict

from b40_events.city import City


class Entry(BaseModel):
    """A calendar entry but for its sequence, status and time of change: when this differs, the entry changed."""

    model_config = ConfigDict(frozen=True)
    entry: str
    summaries: Mapping[str, str]
    category: Literal["concert", "deadline", "fair", "meeting", "decision"]
    concerns: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    at: datetime | None = None
    timezone: str | None = None
    place: str | None = None
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def concert_id(tour: str, city: str) -> str:
    """Identifier of the entry of a stop."""
    return f"concert-{tour}-{city.lower()}"


def deadline_id(deadline: str) -> str:
    """Identifier of the entry of a deadline."""
    return f"deadline-{deadline}"


def of_concert(tour: str, names: Mapping[str, str], city: City, on: date) -> Entry:
    """A concert of a tour: a day in its city's zone."""
    return Entry(
        entry=concert_id(tour, city.code),
        summaries={language: f"{name}: {city.name_in(language)}" for language, name in names.items()},
        category="concert",
        concerns=tour,
        first_day=on,
        last_day=on,
        timezone=city.timezone,
        place=city.name,
        city=city.code,
        latitude=city.latitude,
        longitude=city.longitude,
    )


def of_fair(fair: FairReported) -> Entry:
    """A fair: its days."""
    return Entry(
        entry=f"fair-{fair.fair}",
        summaries=fair.names,
        category="fair",
        concerns=fair.fair,
        first_day=fair.first_day,
        last_day=fair.last_day,
        timezone=fair.timezone,
        place=fair.place,
    )


def of_meeting(meeting: PlacesReported, host: City) -> Entry:
    """A meeting whose places are shared: its days in the host's zone."""
    return Entry(
        entry=f"meeting-{meeting.summit}",
        summaries=meeting.names,
        category="meeting",
        concerns=meeting.summit,
        first_day=meeting.first_day,
        last_day=meeting.last_day,
        timezone=host.timezone,
        place=host.name,
        city=host.code,
        latitude=host.latitude,
        longitude=host.longitude,
    )


def of_decision(decision: DecisionTaken) -> Entry | None:
    """A decision of the network: the day or moment by which it is to be carried out; None if it has none."""
    if decision.due_on is None and decision.due_at is None:
        return None
    return Entry(
        entry=f"decision-{decision.decision}",
        summaries=decision.text,
        category="decision",
        first_day=decision.due_on,
        last_day=decision.due_on,
        at=decision.due_at,
        city=decision.owner.city,
    )
