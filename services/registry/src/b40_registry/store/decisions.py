"""Decisions in the database."""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.registry import DecisionFact, DecisionFulfilmentReported

from b40_registry.decisions import KnownDecision, State

WITH_UNKNOWN = """SELECT decision.*,
                    meeting IS NOT NULL AND NOT EXISTS (SELECT FROM meeting WHERE slug = decision.meeting)
                      AS meeting_unknown,
                    owner_group IS NOT NULL AND NOT EXISTS (SELECT FROM working_group WHERE slug = owner_group)
                      AS group_unknown
                  FROM decision"""


async def lock(connection: Connection, slug: str) -> KnownDecision | None:
    """A decision as it is known, locked, or None."""
    row = await connection.fetchrow("SELECT * FROM decision WHERE slug = $1 FOR UPDATE", slug)
    if row is None:
        return None
    fulfilment = row["fulfilment"]
    return KnownDecision(
        fact=DecisionFact.model_validate(row["content"]),
        zone=row["zone"],
        state=State(row["state"]),
        fulfilment=None if fulfilment is None else DecisionFulfilmentReported.model_validate(fulfilment),
    )


async def add(connection: Connection, fact: DecisionFact, zone: str) -> None:
    """Enter a decision, open."""
    await connection.execute(
        """INSERT INTO decision (slug, content, owner_city, owner_group, meeting, taken_on, zone, falls_due, lapses,
             state) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open')""",
        fact.decision,
        fact.model_dump(mode="json"),
        fact.owner.city,
        fact.owner.group,
        fact.meeting,
        fact.taken_on,
        zone,
        fact.falls_due,
        fact.lapses,
    )


async def fulfil(connection: Connection, report: DecisionFulfilmentReported) -> None:
    """Note how a decision was fulfilled."""
    await connection.execute(
        "UPDATE decision SET state = 'fulfilled', fulfilment = $2 WHERE slug = $1",
        report.decision,
        report.model_dump(mode="json"),
    )


async def falling_due(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Open decisions whose time is up by now, with the moment; oldest first."""
    rows = await connection.fetch(
        """SELECT slug, falls_due FROM decision WHERE state = 'open' AND falls_due <= $1
           ORDER BY falls_due, slug LIMIT $2""",
        now,
        limit,
    )
    return [(row["slug"], row["falls_due"]) for row in rows]


async def lapsing(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Unfulfilled decisions whose days of grace are over by now, with the moment; oldest first."""
    rows = await connection.fetch(
        """SELECT slug, lapses FROM decision WHERE state IN ('open', 'due') AND lapses <= $1
           ORDER BY lapses, slug LIMIT $2""",
        now,
        limit,
    )
    return [(row["slug"], row["lapses"]) for row in rows]


async def move(connection: Connection, slug: str, *, before: Sequence[State], to: State) -> DecisionFact | None:
    """Move a decision from one of some states to another. Returns it, or None if it was in none of them."""
    content = await connection.fetchval(
        "UPDATE decision SET state = $3 WHERE slug = $1 AND state = ANY($2) RETURNING content", slug, list(before), to
    )
    return None if content is None else DecisionFact.model_validate(content)


async def page(
    connection: Connection, *, state: State | None, city: str | None, meeting: str | None, after: str, limit: int
) -> list[Record]:
    """Decisions in order of their slugs, after a slug: of a state, an owner city, a meeting, or of all."""
    return await connection.fetch(
        f"""{WITH_UNKNOWN} WHERE slug > $1 AND ($2::text IS NULL OR state = $2)
              AND ($3::text IS NULL OR owner_city = $3) AND ($4::text IS NULL OR meeting = $4)
            ORDER BY slug LIMIT $5""",
        after,
        state,
        city,
        meeting,
        limit,
    )


async def find(connection: Connection, slug: str) -> Record | None:
    """One decision, or None."""
    return await connection.fetchrow(f"{WITH_UNKNOWN} WHERE slug = $1", slug)
