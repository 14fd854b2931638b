"""Gifts that wait, by working id. One that is for anywhere, or for any kind, waits in every pool of its currency."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.solidarity import GiftOpened, SpentGift

from b40_solidarity.batch import GIFTS_MAX, Gift
from b40_solidarity.matcher.store.pools import Pool


async def enter(connection: Connection, opened: Sequence[GiftOpened]) -> set[UUID]:
    """Enter gifts as open. Returns those that are new; one that a decision brought before finds itself spent."""
    rows = await connection.fetch(
        """INSERT INTO gift (id, payer, city, kind, currency, amount_minor, since, k)
           SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[],
                                $7::timestamptz[], $8::integer[])
           ON CONFLICT DO NOTHING RETURNING id""",
        [gift.gift for gift in opened],
        [gift.payer for gift in opened],
        [gift.city for gift in opened],
        [gift.kind for gift in opened],
        [gift.currency for gift in opened],
        [gift.amount_minor for gift in opened],
        [gift.since for gift in opened],
        [gift.k for gift in opened],
    )
    return {row["id"] for row in rows}


async def lock_waiting(connection: Connection, pool: Pool, until: datetime) -> list[Gift]:
    """The oldest gifts that a pool may spend, waiting since ``until`` or longer and not reserved, locked."""
    rows = await connection.fetch(
        """SELECT id, payer, amount_minor, since, k FROM gift
           WHERE currency = $1 AND state = 'open' AND reserved IS NULL AND since <= $4
             AND (city IS NULL OR city = $2) AND (kind IS NULL OR kind = $3)
           ORDER BY since, id LIMIT $5 FOR UPDATE""",
        pool.currency,
        pool.city,
        pool.kind,
        until,
        GIFTS_MAX,
    )
    return [Gift(**row) for row in rows]


async def reserve(connection: Connection, ids: Sequence[UUID], gifts_batch: UUID) -> None:
    """These gifts are in a decision that was not read back yet."""
    await connection.execute("UPDATE gift SET reserved = $2 WHERE id = ANY($1)", ids, gifts_batch)


async def release(connection: Connection, gifts_batch: UUID) -> None:
    """The decision was read back: nothing is reserved for it any more."""
    await connection.execute("UPDATE gift SET reserved = NULL WHERE reserved = $1", gifts_batch)


async def any_taken(connection: Connection, ids: Sequence[UUID]) -> bool:
    """Whether one of these gifts was spent by an earlier decision."""
    taken: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM gift WHERE id = ANY($1) AND state = 'spent')", ids
    )
    return taken


async def spend(connection: Connection, gifts: Sequence[SpentGift], currency: str, due: datetime, k: int) -> int:
    """These gifts are spent; those that are not known are entered so. Returns the sum of these, minor units."""
    rows = await connection.fetch(
        """INSERT INTO gift (id, currency, amount_minor, since, k, state)
           SELECT id, $3, amount_minor, $4, $5, 'spent' FROM unnest($1::uuid[], $2::bigint[]) AS one (id, amount_minor)
           ON CONFLICT (id) DO UPDATE SET state = 'spent' RETURNING amount_minor, xmax = 0 AS entered""",
        [gift.gift for gift in gifts],
        [gift.amount_minor for gift in gifts],
        currency,
        due,
        k,
    )
    return sum(row["amount_minor"] for row in rows if row["entered"])
