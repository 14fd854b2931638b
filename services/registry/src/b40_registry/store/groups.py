"""Working groups in the database."""

from datetime import datetime

from b40_chassis.hears import Connection
from b40_contracts.registry import Group


async def lock(connection: Connection, slug: str) -> tuple[Group, tuple[datetime, str]] | None:
    """A group as it is known, locked, and time and id of the report that described it; None if it is not known."""
    row = await connection.fetchrow("SELECT * FROM working_group WHERE slug = $1 FOR UPDATE", slug)
    if row is None:
        return None
    return Group.model_validate(row["content"]), (row["reported_at"], row["reported_by"])


async def write(connection: Connection, group: Group, at: datetime, by: str) -> None:
    """Enter a group, or its new description."""
    await connection.execute(
        """INSERT INTO working_group (slug, content, reported_at, reported_by) VALUES ($1, $2, $3, $4)
           ON CONFLICT (slug) DO UPDATE SET content = excluded.content, reported_at = excluded.reported_at,
             reported_by = excluded.reported_by""",
        group.group,
        group.model_dump(mode="json"),
        at,
        by,
    )


async def page(connection: Connection, *, after: str, limit: int) -> list[Group]:
    """Groups in order of their slugs, after a slug."""
    rows = await connection.fetch(
        "SELECT content FROM working_group WHERE slug > $1 ORDER BY slug LIMIT $2", after, limit
    )
    return [Group.model_validate(row["content"]) for row in rows]


async def find(connection: Connection, slug: str) -> Group | None:
    """One group, or None."""
    content = await connection.fetchval("SELECT content FROM working_group WHERE slug = $1", slug)
    return None if content is None else Group.model_validate(content)
