"""Who is forgotten on this side: by keyed hash, as long as the database lasts."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection


async def reported(connection: Connection, subjects: Collection[UUID]) -> dict[UUID, datetime]:
    """When the erasures of these persons, by their keyed hashes, came to the intake; of those that are erased."""
    rows = await connection.fetch("SELECT subject, reported_at FROM erased WHERE subject = ANY($1)", sorted(subjects))
    return {row["subject"]: row["reported_at"] for row in rows}


async def enter(connection: Connection, subject: UUID, at: datetime) -> None:
    """A person is forgotten, and its key is no more. Of several erasures the last counts."""
    await connection.execute(
        """INSERT INTO erased (subject, reported_at) VALUES ($1, $2)
           ON CONFLICT (subject) DO UPDATE SET reported_at = greatest(erased.reported_at, excluded.reported_at)""",
        subject,
        at,
    )
    await connection.execute("DELETE FROM keys.subject WHERE subject = $1", subject)
