"""Bills that were confirmed before their households were attested: they wait for the attestation."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.solidarity import BillReported


class EarlyBill(NamedTuple):
    """A bill as it was reported, and how long it waits."""

    source: str
    id: str
    time: datetime
    until: datetime
    report: BillReported


async def enter(connection: Connection, bills: Sequence[EarlyBill]) -> set[UUID]:
    """Let bills wait. Returns the needs of those that do; of the same need the first does."""
    rows = await connection.fetch(
        """INSERT INTO early_bill (need, attestation, source, id, time, until, report)
           SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
             $7::jsonb[])
           ON CONFLICT DO NOTHING RETURNING need""",
        [bill.report.need for bill in bills],
        [bill.report.attestation for bill in bills],
        [bill.source for bill in bills],
        [bill.id for bill in bills],
        [bill.time for bill in bills],
        [bill.until for bill in bills],
        [bill.report.model_dump(mode="json") for bill in bills],
    )
    return {row["need"] for row in rows}


async def take(connection: Connection, attestations: Sequence[UUID]) -> list[EarlyBill]:
    """What waited for these attestations and does so no more, in the order in which it came."""
    rows = await connection.fetch("DELETE FROM early_bill WHERE attestation = ANY($1) RETURNING *", attestations)
    return [_bill(row) for row in sorted(rows, key=lambda row: int(row["number"]))]


async def take_one(connection: Connection, need: UUID, attestation: UUID | None = None) -> EarlyBill | None:
    """The bill of a need, which waits no more, or None if it does not wait (for this attestation)."""
    row = await connection.fetchrow(
        "DELETE FROM early_bill WHERE need = $1 AND ($2::uuid IS NULL OR attestation = $2) RETURNING *",
        need,
        attestation,
    )
    return _bill(row) if row else None


async def due(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Needs whose bills have waited as long as they may, oldest first."""
    rows = await connection.fetch(
        "SELECT need, until FROM early_bill WHERE until <= $1 ORDER BY until, need LIMIT $2", now, limit
    )
    return [(str(row["need"]), row["until"]) for row in rows]


def _bill(row: Record) -> EarlyBill:
    return EarlyBill(row["source"], row["id"], row["time"], row["until"], BillReported.model_validate(row["report"]))
