"""Meetings in the database."""

from collections.abc import Sequence
from datetime import date, datetime

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.registry import Meeting

from b40_registry.meetings import KnownMeeting

WITH_UNKNOWN = """SELECT meeting.*, ARRAY(
                    SELECT named FROM jsonb_array_elements_text(content -> 'groups') AS of_groups (named)
                    WHERE NOT EXISTS (SELECT FROM working_group WHERE working_group.slug = named)
                    ORDER BY named) AS unknown_groups
                  FROM meeting"""


async def lock(connection: Connection, slug: str) -> tuple[KnownMeeting, tuple[datetime, str]] | None:
    """A meeting as it is known, locked, and time and id of the report that described it; None if it is not known."""
    row = await connection.fetchrow("SELECT * FROM meeting WHERE slug = $1 FOR UPDATE", slug)
    if row is None:
        return None
    known = KnownMeeting(Meeting.model_validate(row["content"]), row["cancelled"], row["held"])
    return known, (row["reported_at"], row["reported_by"])


async def write(connection: Connection, known: KnownMeeting, ends: datetime, at: datetime, by: str) -> None:
    """Enter a meeting, or its new description."""
    await connection.execute(
        """INSERT INTO meeting (slug, content, first_day, ends, cancelled, held, reported_at, reported_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (slug) DO UPDATE SET content = excluded.content, first_day = excluded.first_day,
             ends = excluded.ends, cancelled = excluded.cancelled, held = excluded.held,
             reported_at = excluded.reported_at, reported_by = excluded.reported_by""",
        known.meeting.meeting,
        known.meeting.model_dump(mode="json"),
        known.meeting.first_day,
        ends,
        known.cancelled,
        known.held,
        at,
        by,
    )


async def ending(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Meetings that are over by now and not noted as held, with the moment; oldest first."""
    rows = await connection.fetch(
        """SELECT slug, ends FROM meeting WHERE ends <= $1 AND NOT held AND NOT cancelled
           ORDER BY ends, slug LIMIT $2""",
        now,
        limit,
    )
    return [(row["slug"], row["ends"]) for row in rows]


async def hold(connection: Connection, slug: str) -> Meeting | None:
    """Note that a meeting was held. Returns it, or None if it was noted already or cancelled."""
    content = await connection.fetchval(
        "UPDATE meeting SET held = true WHERE slug = $1 AND NOT held AND NOT cancelled RETURNING content", slug
    )
    return None if content is None else Meeting.model_validate(content)


async def page(connection: Connection, *, since: date | None, after: str, limit: int) -> list[Record]:
    """Meetings that begin on a day or later, in order of their slugs, after a slug."""
    return await connection.fetch(
        f"{WITH_UNKNOWN} WHERE slug > $1 AND ($2::date IS NULL OR first_day >= $2) ORDER BY slug LIMIT $3",
        after,
        since,
        limit,
    )


async def find(connection: Connection, slug: str) -> Record | None:
    """One meeting, or None."""
    return await connection.fetchrow(f"{WITH_UNKNOWN} WHERE slug = $1", slug)
