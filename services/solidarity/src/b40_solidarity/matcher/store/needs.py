"""Needs that wait in pools, by working id."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.solidarity import NeedOpened, OrderedNeed

from b40_solidarity.batch import NEEDS_MAX, Need
from b40_solidarity.matcher.store.pools import Pool


async def enter(connection: Connection, opened: Sequence[NeedOpened]) -> None:
    """Enter needs as open; one that a decision brought before finds itself decided."""
    await connection.executemany(
        """INSERT INTO need (id, pool, household, amount_minor, since, k) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT DO NOTHING""",
        [
            (
                need.need,
                Pool(need.city, need.kind, need.currency).name,
                need.household,
                need.amount_minor,
                need.since,
                need.k,
            )
            for need in opened
        ],
    )


async def close(connection: Connection, ids: Sequence[UUID]) -> None:
    """Open needs are withdrawn. One that is reserved is ordered all the same if its decision counts."""
    await connection.execute("UPDATE need SET state = 'closed' WHERE id = ANY($1) AND state = 'open'", ids)


async def lock_waiting(connection: Connection, pool: Pool, until: datetime) -> list[Need]:
    """The oldest needs of a pool that wait since ``until`` or longer and are not reserved, locked."""
    rows = await connection.fetch(
        """SELECT id, household, amount_minor, since, k FROM need
           WHERE pool = $1 AND state = 'open' AND reserved IS NULL AND since <= $2
           ORDER BY since, id LIMIT $3 FOR UPDATE""",
        pool.name,
        until,
        NEEDS_MAX,
    )
    return [Need(**row) for row in rows]


async def reserve(connection: Connection, ids: Sequence[UUID], needs_batch: UUID) -> None:
    """These needs are in a decision that was not read back yet."""
    await connection.execute("UPDATE need SET reserved = $2 WHERE id = ANY($1)", ids, needs_batch)


async def release(connection: Connection, needs_batch: UUID) -> None:
    """The decision was read back: nothing is reserved for it any more."""
    await connection.execute("UPDATE need SET reserved = NULL WHERE reserved = $1", needs_batch)


async def any_taken(connection: Connection, ids: Sequence[UUID]) -> bool:
    """Whether one of these needs was ordered by an earlier decision."""
    taken: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM need WHERE id = ANY($1) AND state = 'ordered')", ids
    )
    return taken


async def order(connection: Connection, needs: Sequence[OrderedNeed], pool: Pool, due: datetime, k: int) -> None:
    """These needs are ordered; those that are not known are entered so."""
    await connection.execute(
        """INSERT INTO need (id, pool, amount_minor, since, k, state)
           SELECT id, $3, amount_minor, $4, $5, 'ordered'
           FROM unnest($1::uuid[], $2::bigint[]) AS one (id, amount_minor)
           ON CONFLICT (id) DO UPDATE SET state = 'ordered'""",
        [need.need for need in needs],
        [need.amount_minor for need in needs],
        pool.name,
        due,
        k,
    )
