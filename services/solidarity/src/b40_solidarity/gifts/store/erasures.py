"""Who is forgotten on this side: by keyed hash, as long as the database lasts."""

from collections.abc import Collection
from uuid import UUID

from b40_chassis.hears import Connection


async def among(connection: Connection, subjects: Collection[UUID]) -> set[UUID]:
    """Which of these persons, by keyed hash, are erased."""
    rows = await connection.fetch("SELECT subject FROM erased WHERE subject = ANY($1)", list(subjects))
    return {row["subject"] for row in rows}


async def enter(connection: Connection, subject: UUID) -> None:
    """A person is forgotten, and its key is no more."""
    await connection.execute("INSERT INTO erased (subject) VALUES ($1) ON CONFLICT DO NOTHING", subject)
    await connection.execute("DELETE FROM keys.subject WHERE subject = $1", subject)
