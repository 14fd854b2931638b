"""The registry's read API."""

from typing import Annotated, Any

from asyncpg import Record
from b40_chassis.api import Read
from b40_chassis.problems import Problem
from b40_contracts.event import Event
from b40_contracts.registry import City, DecisionFact, DecisionFulfilmentReported, Group, Meeting
from b40_contracts.values import CityCode, CountryCode, Day, Names, Slug, Source
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from b40_registry.decisions import State
from b40_registry.moments import NamedDay
from b40_registry.store import cities, decisions, groups, meetings

router = APIRouter()

After = Annotated[
    str,
    Query(
        pattern="^[A-Za-z0-9-]*$",
        max_length=100,
        description="Begin after this identifier, the last of the page before.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=500, description="At most so many.")]


class Member(BaseModel):
    """A city that was a member on the day asked for."""

    city: CityCode
    names: Names
    since: Day = Field(description="First day of this membership.")
    source: Source = Field(description="The document that says so.")


class Members(BaseModel):
    """Who was a member on a day."""

    on: Day
    count: int
    members: list[Member]


class MeetingRecord(Meeting):
    """A meeting, and what became of it."""

    cancelled: bool
    held: bool = Field(description="True once its last day is over.")
    unknown_groups: list[Slug] = Field(description="Groups that it names and that nobody reported yet.")


class DecisionRecord(DecisionFact):
    """A decision, and what became of it."""

    state: State
    fulfilment: DecisionFulfilmentReported | None
    unknown: list[str] = Field(description="Which of its references, meeting or group, nobody reported yet.")


@router.get("/cities", response_model=list[City])
async def list_cities(
    read: Read, country: CountryCode | None = None, after: After = "", limit: Limit = 100
) -> list[Event]:
    """Cities in order of their codes, whole, each with its ledger."""
    return await cities.page(read, country=country, after=after, limit=limit)


@router.get("/cities/{code}", response_model=City)
async def show_city(code: CityCode, read: Read) -> Event:
    """One city with its ledger."""
    found = (await cities.states(read, [code])).get(code)
    if found is None:
        raise Problem(404, "Unknown", f"code: there is no city {code}", "code")
    return found


@router.get("/members")
async def list_members(read: Read, on: NamedDay) -> Members:
    """Who was a member on a day, by which document. For a day to come: by the ledger as it stands."""
    rows = await cities.members_on(read, on)
    members = [Member(city=row["code"], names=row["names"], since=row["since"], source=row["source"]) for row in rows]
    return Members(on=on, count=len(members), members=members)


@router.get("/groups")
async def list_groups(read: Read, after: After = "", limit: Limit = 100) -> list[Group]:
    """Working groups in order of their identifiers."""
    return await groups.page(read, after=after, limit=limit)


@router.get("/groups/{group}")
async def show_group(group: Slug, read: Read) -> Group:
    """One working group."""
    found = await groups.find(read, group)
    if found is None:
        raise Problem(404, "Unknown", f"group: there is no working group {group}", "group")
    return found


@router.get("/meetings")
async def list_meetings(
    read: Read, since: NamedDay | None = None, after: After = "", limit: Limit = 100
) -> list[MeetingRecord]:
    """Meetings in order of their identifiers, all or those that begin on a day or later."""
    return [_meeting(row) for row in await meetings.page(read, since=since, after=after, limit=limit)]


@router.get("/meetings/{meeting}")
async def show_meeting(meeting: Slug, read: Read) -> MeetingRecord:
    """One meeting, with who came."""
    found = await meetings.find(read, meeting)
    if found is None:
        raise Problem(404, "Unknown", f"meeting: there is no meeting {meeting}", "meeting")
    return _meeting(found)


@router.get("/decisions")
async def list_decisions(
    read: Read,
    state: State | None = None,
    city: CityCode | None = None,
    meeting: Slug | None = None,
    after: After = "",
    limit: Limit = 100,
) -> list[DecisionRecord]:
    """Decisions in order of their identifiers: all, or of a state, an owner city, a meeting."""
    rows = await decisions.page(read, state=state, city=city, meeting=meeting, after=after, limit=limit)
    return [_decision(row) for row in rows]


@router.get("/decisions/{decision}")
async def show_decision(decision: Slug, read: Read) -> DecisionRecord:
    """One decision, with its meeting, its evidence, what became of it."""
    found = await decisions.find(read, decision)
    if found is None:
        raise Problem(404, "Unknown", f"decision: there is no decision {decision}", "decision")
    return _decision(found)


def _meeting(row: Record) -> MeetingRecord:
    return MeetingRecord.model_validate(
        {**row["content"], **{name: row[name] for name in ("cancelled", "held", "unknown_groups")}}
    )


def _decision(row: Record) -> DecisionRecord:
    unknown = [name for name in ("meeting", "group") if row[f"{name}_unknown"]]
    content: dict[str, Any] = row["content"]
    return DecisionRecord.model_validate(
        {**content, "state": row["state"], "fulfilment": row["fulfilment"], "unknown": unknown}
    )
