"""Fairs, the network's plan for them, what cities intend."""

from collections.abc import Sequence

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.events import FairIntentReported, FairReported, MilestoneReported, PlanConflictFound


async def lock(connection: Connection, fair: str) -> FairReported | None:
    """A fair, locked, or None."""
    report = await connection.fetchval("SELECT report FROM fair WHERE fair = $1 FOR UPDATE", fair)
    return None if report is None else FairReported.model_validate(report)


async def keep(connection: Connection, fair: FairReported) -> None:
    """Enter a fair as it was reported last."""
    await connection.execute(
        "INSERT INTO fair (fair, report) VALUES ($1, $2) ON CONFLICT (fair) DO UPDATE SET report = excluded.report",
        fair.fair,
        fair.model_dump(mode="json"),
    )


async def milestones(connection: Connection, fair: str) -> list[MilestoneReported]:
    """The milestones of a fair, in order of their identifiers."""
    rows = await connection.fetch("SELECT report FROM milestone WHERE fair = $1 ORDER BY milestone", fair)
    return [MilestoneReported.model_validate(row["report"]) for row in rows]


async def keep_milestone(connection: Connection, milestone: MilestoneReported) -> None:
    """Enter a milestone as it was reported last."""
    await connection.execute(
        """INSERT INTO milestone (fair, milestone, report) VALUES ($1, $2, $3)
           ON CONFLICT (fair, milestone) DO UPDATE SET report = excluded.report""",
        milestone.fair,
        milestone.milestone,
        milestone.model_dump(mode="json"),
    )


async def conflicts(connection: Connection, fair: str) -> dict[str, PlanConflictFound]:
    """The conflicts found so far in the plan for a fair, by milestone."""
    rows = await connection.fetch("SELECT milestone, found FROM plan_conflict WHERE fair = $1 ORDER BY milestone", fair)
    return {row["milestone"]: PlanConflictFound.model_validate(row["found"]) for row in rows}


async def keep_conflicts(connection: Connection, fair: str, found: Sequence[PlanConflictFound]) -> None:
    """Enter the conflicts of a plan in place of those found before."""
    await connection.execute(
        "DELETE FROM plan_conflict WHERE fair = $1 AND milestone <> ALL($2)",
        fair,
        [conflict.milestone for conflict in found],
    )
    await connection.executemany(
        """INSERT INTO plan_conflict (fair, milestone, found) VALUES ($1, $2, $3)
           ON CONFLICT (fair, milestone) DO UPDATE SET found = excluded.found""",
        [(fair, conflict.milestone, conflict.model_dump(mode="json")) for conflict in found],
    )


async def keep_intent(connection: Connection, intent: FairIntentReported) -> bool:
    """Enter what a city intends. Returns whether that is new."""
    changed = await connection.fetchval(
        """INSERT INTO fair_intent AS known (fair, city, persons, stand) VALUES ($1, $2, $3, $4)
           ON CONFLICT (fair, city) DO UPDATE SET persons = excluded.persons, stand = excluded.stand
             WHERE (known.persons, known.stand) <> (excluded.persons, excluded.stand)
           RETURNING true""",
        intent.fair,
        intent.city,
        intent.persons,
        intent.stand,
    )
    return bool(changed)


async def intended(connection: Connection, fair: str) -> tuple[int, int]:
    """Persons, and cities that send any, of all cities so far."""
    row = await connection.fetchrow(
        """SELECT coalesce(sum(persons), 0)::integer AS persons, count(*) FILTER (WHERE persons > 0) AS cities
           FROM fair_intent WHERE fair = $1""",
        fair,
    )
    assert row is not None, "an aggregate has a row"
    return row["persons"], row["cities"]


async def page(connection: Connection, after: str, limit: int) -> list[FairReported]:
    """Fairs in order of their identifiers, after one."""
    rows = await connection.fetch("SELECT report FROM fair WHERE fair > $1 ORDER BY fair LIMIT $2", after, limit)
    return [FairReported.model_validate(row["report"]) for row in rows]


async def intents(connection: Connection, fair: str) -> list[Record]:
    """What each city intends, in order of the cities' codes."""
    return await connection.fetch("SELECT city, persons, stand FROM fair_intent WHERE fair = $1 ORDER BY city", fair)


async def find(connection: Connection, fair: str) -> FairReported | None:
    """One fair, or None."""
    report = await connection.fetchval("SELECT report FROM fair WHERE fair = $1", fair)
    return None if report is None else FairReported.model_validate(report)
