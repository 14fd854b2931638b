"""Deadlines."""

from collections.abc import Sequence
from datetime import datetime

from asyncpg import Record
from b40_chassis.hears import Connection

from b40_events.deadline import Deadline, State


async def lock(connection: Connection, deadline: str) -> Deadline | None:
    """A deadline, locked, or None."""
    row = await connection.fetchrow("SELECT * FROM deadline WHERE deadline = $1 FOR UPDATE", deadline)
    return None if row is None else _deadline(row)


async def of(connection: Connection, concerns: str) -> list[Deadline]:
    """The deadlines of a tour, fair or meeting, locked, the first to pass first."""
    rows = await connection.fetch(
        "SELECT * FROM deadline WHERE concerns = $1 ORDER BY passes, deadline FOR UPDATE", concerns
    )
    return [_deadline(row) for row in rows]


async def keep(connection: Connection, deadline: Deadline, approaches: datetime) -> None:
    """Enter a deadline as it is now, to be warned of at ``approaches``."""
    await connection.execute(
        """INSERT INTO deadline (deadline, name, kind, concerns, "on", at, timezone, approaches, passes, status)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           ON CONFLICT (deadline) DO UPDATE SET name = excluded.name, kind = excluded.kind,
             concerns = excluded.concerns, "on" = excluded."on", at = excluded.at, timezone = excluded.timezone,
             approaches = excluded.approaches, passes = excluded.passes, status = excluded.status, warned = false""",
        deadline.deadline,
        deadline.name,
        deadline.kind,
        deadline.concerns,
        deadline.on,
        deadline.at,
        deadline.timezone,
        approaches,
        deadline.passes,
        deadline.state,
    )


async def move(connection: Connection, deadline: str, to: State) -> None:
    """Move a deadline to another state."""
    await connection.execute("UPDATE deadline SET status = $2 WHERE deadline = $1", deadline, to)


async def warned(connection: Connection, deadline: str) -> None:
    """Note that a deadline was announced as approaching."""
    await connection.execute("UPDATE deadline SET warned = true WHERE deadline = $1", deadline)


async def approaching(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Open deadlines that are to be announced as approaching by now; oldest first."""
    rows = await connection.fetch(
        """SELECT deadline, approaches FROM deadline WHERE status = 'open' AND NOT warned AND approaches <= $1
           ORDER BY approaches, deadline LIMIT $2""",
        now,
        limit,
    )
    return [(row["deadline"], row["approaches"]) for row in rows]


async def passing(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Open deadlines that have passed by now; oldest first."""
    rows = await connection.fetch(
        """SELECT deadline, passes FROM deadline WHERE status = 'open' AND passes <= $1
           ORDER BY passes, deadline LIMIT $2""",
        now,
        limit,
    )
    return [(row["deadline"], row["passes"]) for row in rows]


async def page(
    connection: Connection, *, state: State | None, concerns: str | None, after: str, limit: int
) -> list[Record]:
    """Deadlines in order of their identifiers, after one: of a state, of what they concern, or all."""
    return await connection.fetch(
        """SELECT * FROM deadline WHERE deadline > $1 AND ($2::text IS NULL OR status = $2)
             AND ($3::text IS NULL OR concerns = $3) ORDER BY deadline LIMIT $4""",
        after,
        state,
        concerns,
        limit,
    )


def _deadline(row: Record) -> Deadline:
    return Deadline(
        deadline=row["deadline"],
        name=row["name"],
        kind=row["kind"],
        concerns=row["concerns"],
        on=row["on"],
        at=row["at"],
        timezone=row["timezone"],
        state=State(row["status"]),
    )
