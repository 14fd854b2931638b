"""Who is forgotten on this side: by keyed hash, as long as the database lasts."""

from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection


async def reported_at(connection: Connection, subject: UUID) -> datetime | None:
    """When the erasure of a person, by its keyed hash, came to the intake; None if it is not erased."""
    at: datetime | None = await connection.fetchval("SELECT reported_at FROM erased WHERE subject = $1", subject)
    return at


async def enter(connection: Connection, subject: UUID, at: datetime) -> None:
    """A person is forgotten, and its key is no more. Of several erasures the last counts."""
    await connection.execute(
        """INSERT INTO erased (subject, reported_at) VALUES ($1, $2)
           ON CONFLICT (subject) DO UPDATE SET reported_at = greatest(erased.reported_at, excluded.reported_at)""",
        subject,
        at,
    )
    await connection.execute("DELETE FROM keys.subject WHERE subject = $1", subject)
