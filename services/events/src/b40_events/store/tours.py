"""Tours, their gates and the decisions on their dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.events import TourAnnouncementReported, TourDecided
from b40_contracts.events.values import Gate


@dataclass(frozen=True, slots=True)
class KnownTour:
    """A tour as it was reported, the zone in which its days begin, and when it was announced."""

    report: TourAnnouncementReported
    zone: str
    announced: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """How far the decisions on a tour's dates are. ``number`` is 0 before the first one counts."""

    number: int = 0
    due: datetime | None = None
    solving: bool = False
    next_due: datetime | None = None


async def lock(connection: Connection, tour: str) -> KnownTour | None:
    """A tour, locked, or None."""
    row = await connection.fetchrow("SELECT * FROM tour WHERE tour = $1 FOR UPDATE", tour)
    return None if row is None else _tour(row)


async def enter(connection: Connection, report: TourAnnouncementReported, zone: str, announced: datetime) -> None:
    """Enter a tour."""
    await connection.execute(
        "INSERT INTO tour (tour, report, zone, announced, last_concert) VALUES ($1, $2, $3, $4, $5)",
        report.tour,
        report.model_dump(mode="json"),
        zone,
        announced,
        report.last_concert,
    )


async def set_gate(connection: Connection, tour: str, gate: Gate, planned: date, opens: datetime) -> None:
    """Set when a gate is to be passed."""
    await connection.execute(
        "INSERT INTO gate (tour, gate, planned, opens) VALUES ($1, $2, $3, $4)", tour, gate, planned, opens
    )


async def gates(connection: Connection, tour: str) -> dict[str, Record]:
    """The gates of a tour by name, locked."""
    rows = await connection.fetch("SELECT * FROM gate WHERE tour = $1 ORDER BY gate FOR UPDATE", tour)
    return {row["gate"]: row for row in rows}


async def mark_gate(connection: Connection, tour: str, gate: Gate, state: Literal["blocked", "passed"]) -> None:
    """Note that a gate was passed, or that its day came and it could not be."""
    await connection.execute("UPDATE gate SET state = $3 WHERE tour = $1 AND gate = $2", tour, gate, state)


async def gates_due(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Gates whose day has come, as ``<tour>/<gate>``; oldest first."""
    rows = await connection.fetch(
        """SELECT tour || '/' || gate AS subject, opens FROM gate WHERE state = 'ahead' AND opens <= $1
           ORDER BY opens, subject LIMIT $2""",
        now,
        limit,
    )
    return [(row["subject"], row["opens"]) for row in rows]


async def lock_plan(connection: Connection, tour: str) -> Plan:
    """How far the decisions on a tour's dates are, locked."""
    row = await connection.fetchrow(
        """INSERT INTO tour_plan AS known (tour) VALUES ($1) ON CONFLICT (tour) DO UPDATE SET tour = known.tour
           RETURNING number, due, solving, next_due""",
        tour,
    )
    assert row is not None, "an upsert returns its row"
    return Plan(**dict(row))


async def decide_at(connection: Connection, tour: str, due: datetime | None) -> None:
    """Set when dates are to be decided next; None: nothing is to be decided."""
    await connection.execute("UPDATE tour_plan SET next_due = $2 WHERE tour = $1", tour, due)


async def set_solving(connection: Connection, tour: str, *, solving: bool) -> None:
    """Note that dates are being decided, or that they no longer are."""
    await connection.execute("UPDATE tour_plan SET solving = $2, next_due = NULL WHERE tour = $1", tour, solving)


async def keep_decision(connection: Connection, decision: TourDecided) -> None:
    """Keep a decision that counts: the last one."""
    await connection.execute(
        "UPDATE tour_plan SET number = $2, due = $3, decision = $4 WHERE tour = $1",
        decision.tour,
        decision.number,
        decision.due,
        decision.model_dump(mode="json"),
    )


async def decisions_due(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Tours whose dates are to be decided by now; oldest first."""
    rows = await connection.fetch(
        """SELECT tour, next_due FROM tour_plan WHERE NOT solving AND next_due <= $1
           ORDER BY next_due, tour LIMIT $2""",
        now,
        limit,
    )
    return [(row["tour"], row["next_due"]) for row in rows]


async def running(connection: Connection, since: date) -> list[KnownTour]:
    """Tours that are not over on a day, locked, in order."""
    rows = await connection.fetch("SELECT * FROM tour WHERE last_concert >= $1 ORDER BY tour FOR UPDATE", since)
    return [_tour(row) for row in rows]


async def page(connection: Connection, after: str, limit: int) -> list[Record]:
    """Tours in order of their identifiers, after one, with their last decision."""
    return await connection.fetch(
        """SELECT tour.report, tour_plan.decision FROM tour LEFT JOIN tour_plan USING (tour)
           WHERE tour > $1 ORDER BY tour LIMIT $2""",
        after,
        limit,
    )


async def find(connection: Connection, tour: str) -> Record | None:
    """One tour with its last decision, or None."""
    return await connection.fetchrow(
        """SELECT tour.report, tour_plan.decision FROM tour LEFT JOIN tour_plan USING (tour) WHERE tour = $1""", tour
    )


async def gate_states(connection: Connection, tour: str) -> list[Record]:
    """The gates of a tour in order of their days."""
    return await connection.fetch("SELECT gate, planned, state FROM gate WHERE tour = $1 ORDER BY opens", tour)


def _tour(row: Record) -> KnownTour:
    report = TourAnnouncementReported.model_validate(row["report"])
    return KnownTour(report=report, zone=row["zone"], announced=row["announced"])
