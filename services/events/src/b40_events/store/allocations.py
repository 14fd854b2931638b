"""Meetings whose places are shared, and the decisions on them."""

from datetime import datetime

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.events import AllocationAdopted, AllocationSimulated, PlacesReported


async def lock(connection: Connection, summit: str) -> PlacesReported | None:
    """What is to be shared at a meeting, locked, or None."""
    report = await connection.fetchval("SELECT report FROM summit WHERE summit = $1 FOR UPDATE", summit)
    return None if report is None else PlacesReported.model_validate(report)


async def keep(connection: Connection, report: PlacesReported, simulated: AllocationSimulated) -> None:
    """Enter what is to be shared, and how every method would share it."""
    await connection.execute(
        """INSERT INTO summit (summit, report, simulated) VALUES ($1, $2, $3)
           ON CONFLICT (summit) DO UPDATE SET report = excluded.report, simulated = excluded.simulated""",
        report.summit,
        report.model_dump(mode="json"),
        simulated.model_dump(mode="json"),
    )


async def adopted_at(connection: Connection, summit: str) -> datetime | None:
    """When the decision on a meeting's places was due, or None if none counts yet."""
    due: datetime | None = await connection.fetchval("SELECT due FROM allocation WHERE summit = $1", summit)
    return due


async def adopt(connection: Connection, decision: AllocationAdopted) -> None:
    """Enter a decision that counts."""
    await connection.execute(
        """INSERT INTO allocation (summit, due, decision) VALUES ($1, $2, $3)
           ON CONFLICT (summit) DO UPDATE SET due = excluded.due, decision = excluded.decision""",
        decision.summit,
        decision.due,
        decision.model_dump(mode="json"),
    )


async def page(connection: Connection, after: str, limit: int) -> list[Record]:
    """Meetings in order of their identifiers, after one: simulated and decided."""
    return await connection.fetch(
        """SELECT simulated, decision FROM summit LEFT JOIN allocation USING (summit)
           WHERE summit > $1 ORDER BY summit LIMIT $2""",
        after,
        limit,
    )


async def find(connection: Connection, summit: str) -> Record | None:
    """One meeting, simulated and decided, or None."""
    return await connection.fetchrow(
        "SELECT simulated, decision FROM summit LEFT JOIN allocation USING (summit) WHERE summit = $1", summit
    )
