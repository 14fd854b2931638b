"""Batches that took effect, and what became of what they ordered."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.solidarity import BatchDecided, SettlementCounted


@dataclass(frozen=True, slots=True)
class Counted:
    """A batch after a settlement was counted.

    ``final`` is true if all that it ordered is answered now, ``enough`` if k households of it are settled.
    """

    pool: str
    due: datetime
    final: bool
    enough: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Figures over all batches."""

    batches: int
    needs_settled: int
    smallest_k: int | None


async def enter(connection: Connection, decided: BatchDecided) -> None:
    """Enter a batch that takes effect."""
    await connection.execute(
        """INSERT INTO batch (needs_batch, gifts_batch, pool, number, due, currency, k, f_payers, f_households,
             payers, households, spent_minor, ordered_minor)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)""",
        decided.needs_batch,
        decided.gifts_batch,
        decided.pool,
        decided.number,
        decided.due,
        decided.currency,
        decided.k,
        decided.f_payers,
        decided.f_households,
        decided.payers,
        decided.households,
        sum(gift.amount_minor for gift in decided.gifts),
        sum(need.amount_minor for need in decided.needs),
    )


async def pool_of(connection: Connection, needs_batch: UUID) -> str | None:
    """The pool of a batch, or None if there is no such batch."""
    pool: str | None = await connection.fetchval("SELECT pool FROM batch WHERE needs_batch = $1", needs_batch)
    return pool


async def count(connection: Connection, settlement: SettlementCounted, now: datetime) -> Counted:
    """Count what was settled and what returned; ``now`` is when a batch becomes final."""
    row = await connection.fetchrow(
        """UPDATE batch SET settled_minor = settled_minor + $2, returned_minor = returned_minor + $3,
             needs_settled = needs_settled + $4, households_settled = coalesce($6, households_settled),
             final_at = CASE WHEN settled_minor + $2 + returned_minor + $3 = ordered_minor THEN $5::timestamptz END
           WHERE needs_batch = $1 RETURNING pool, due, final_at IS NOT NULL AS final,
             coalesce(households_settled, households) >= k AS enough""",
        settlement.batch,
        settlement.settled_minor,
        settlement.returned_minor,
        settlement.needs_settled,
        now,
        settlement.households_settled,
    )
    assert row is not None, "what is settled was ordered by a batch that took effect"
    return Counted(**row)


async def tell(connection: Connection, pool: str) -> list[UUID]:
    """The final batches of a pool whose givers were not told, by their ids on the gifts side; they are told now."""
    rows = await connection.fetch(
        "UPDATE batch SET told = true WHERE pool = $1 AND final_at IS NOT NULL AND NOT told RETURNING gifts_batch", pool
    )
    return sorted(row["gifts_batch"] for row in rows)


async def totals(connection: Connection) -> Totals:
    """Figures over all batches that took effect."""
    row = await connection.fetchrow(
        """SELECT count(*) AS batches, coalesce(sum(needs_settled), 0)::bigint AS needs_settled,
             min(least(payers, households)) AS smallest_k FROM batch"""
    )
    assert row is not None, "an aggregate has one row"
    return Totals(**row)
