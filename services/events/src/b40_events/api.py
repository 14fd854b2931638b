"""The read API of events, and the calendar to subscribe to."""

from typing import Annotated

from asyncpg import Record
from b40_chassis.api import Read
from b40_chassis.problems import Problem
from b40_contracts.events import (
    Act,
    AllocationAdopted,
    AllocationSimulated,
    CalendarEntry,
    FairReported,
    MilestoneReported,
    PlanConflictFound,
    TourAnnouncementReported,
    TourDecided,
    Window,
)
from b40_contracts.events.values import DeadlineKind, Gate
from b40_contracts.values import CityCode, Day, Instant, Language, Slug
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from b40_events.calendar import to_icalendar
from b40_events.deadline import State
from b40_events.stop import Status
from b40_events.store import allocations, calendar, deadlines, fairs, stops, tours

router = APIRouter()

FEED_MAX = 5_000

After = Annotated[
    str,
    Query(
        max_length=100, pattern="^[a-z0-9-]*$", description="Begin after this identifier, the last of the page before."
    ),
]
Limit = Annotated[int, Query(ge=1, le=500, description="At most so many.")]


class TourSummary(BaseModel):
    """A tour and the last decision on its dates, if one counts."""

    tour: TourAnnouncementReported
    decision: TourDecided | None


class StopRecord(BaseModel):
    """A stop as it is now."""

    city: CityCode
    status: Status
    on: Day | None
    windows: list[Window]
    why: str | None = Field(description="Why it withdrew, if it did.")
    acts: list[Act]
    visitors: int | None


class GateRecord(BaseModel):
    """A gate: ahead, passed, or blocked because its day has come and its condition does not hold."""

    gate: Gate
    planned: Day
    state: str


class TourRecord(TourSummary):
    """A tour with its gates and stops."""

    gates: list[GateRecord]
    stops: list[StopRecord]


class Intent(BaseModel):
    """What a city intends at a fair."""

    city: CityCode
    persons: int
    stand: str


class FairRecord(BaseModel):
    """A fair with the network's plan for it."""

    fair: FairReported
    milestones: list[MilestoneReported]
    conflicts: list[PlanConflictFound]
    intents: list[Intent]


class Allocation(BaseModel):
    """The places of a meeting by every method, and the decision, if one counts."""

    simulated: AllocationSimulated
    adopted: AllocationAdopted | None


class DeadlineRecord(BaseModel):
    """A deadline and what became of it."""

    deadline: Slug
    name: str
    kind: DeadlineKind
    concerns: Slug | None
    on: Day | None
    at: Instant | None
    timezone: str | None
    passes: Instant = Field(description="When it has passed; without a known zone, when its day ended everywhere.")
    status: State


@router.get("/tours")
async def list_tours(read: Read, after: After = "", limit: Limit = 100) -> list[TourSummary]:
    """Tours in order of their identifiers."""
    return [_summary(row) for row in await tours.page(read, after, limit)]


@router.get("/tours/{tour}")
async def show_tour(tour: Slug, read: Read) -> TourRecord:
    """One tour with its gates and stops."""
    found = await tours.find(read, tour)
    if found is None:
        raise Problem(404, "Unknown", f"tour: there is no tour {tour}", "tour")
    return TourRecord(
        **dict(_summary(found)),
        gates=[GateRecord(**dict(row)) for row in await tours.gate_states(read, tour)],
        stops=[StopRecord.model_validate(dict(row)) for row in await stops.show(read, tour)],
    )


@router.get("/fairs")
async def list_fairs(read: Read, after: After = "", limit: Limit = 100) -> list[FairReported]:
    """Fairs in order of their identifiers."""
    return await fairs.page(read, after, limit)


@router.get("/fairs/{fair}")
async def show_fair(fair: Slug, read: Read) -> FairRecord:
    """One fair with the plan for it."""
    found = await fairs.find(read, fair)
    if found is None:
        raise Problem(404, "Unknown", f"fair: there is no fair {fair}", "fair")
    return FairRecord(
        fair=found,
        milestones=await fairs.milestones(read, fair),
        conflicts=list((await fairs.conflicts(read, fair)).values()),
        intents=[Intent(**dict(row)) for row in await fairs.intents(read, fair)],
    )


@router.get("/allocations")
async def list_allocations(read: Read, after: After = "", limit: Limit = 100) -> list[Allocation]:
    """Meetings whose places are shared, in order of their identifiers."""
    return [_allocation(row) for row in await allocations.page(read, after, limit)]


@router.get("/allocations/{summit}")
async def show_allocation(summit: Slug, read: Read) -> Allocation:
    """The places of one meeting."""
    found = await allocations.find(read, summit)
    if found is None:
        raise Problem(404, "Unknown", f"summit: there is no meeting {summit}", "summit")
    return _allocation(found)


@router.get("/deadlines")
async def list_deadlines(
    read: Read, status: State | None = None, concerns: Slug | None = None, after: After = "", limit: Limit = 100
) -> list[DeadlineRecord]:
    """Deadlines in order of their identifiers."""
    rows = await deadlines.page(read, state=status, concerns=concerns, after=after, limit=limit)
    return [DeadlineRecord.model_validate(dict(row)) for row in rows]


@router.get("/calendar")
async def list_entries(read: Read, concerns: Slug | None = None, cancelled: bool = True) -> list[CalendarEntry]:
    """Calendar entries, the last changed first, also cancelled ones unless they are unwanted."""
    return await calendar.feed(read, concerns=concerns, cancelled=cancelled, limit=FEED_MAX)


@router.get("/calendar.ics", response_class=Response, responses={200: {"content": {"text/calendar": {}}}})
async def subscribe(
    read: Read, concerns: Slug | None = None, language: Language = "en", cancelled: bool = True
) -> Response:
    """The calendar as iCalendar, to subscribe to; ``concerns`` a tour, fair or meeting, in a language."""
    entries = await calendar.feed(read, concerns=concerns, cancelled=cancelled, limit=FEED_MAX)
    return Response(to_icalendar(entries, language=language), media_type="text/calendar; charset=utf-8")


def _summary(row: Record) -> TourSummary:
    return TourSummary.model_validate({"tour": row["report"], "decision": row["decision"]})


def _allocation(row: Record) -> Allocation:
    return Allocation.model_validate({"simulated": row["simulated"], "adopted": row["decision"]})
