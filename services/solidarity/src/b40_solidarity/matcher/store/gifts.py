"""Gifts that wait, by working id. One that is for anywhere, or for any kind, waits in every pool of its currency."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.solidarity import Border, GiftOpened, SpentGift

from b40_solidarity.leaving import TIMES_MAX
from b40_solidarity.matcher.store import left_out
from b40_solidarity.parties import Gift, Rules
from b40_solidarity.pools import Pool
from b40_solidarity.spending import GIFTS_MAX


async def enter(connection: Connection, opened: Sequence[GiftOpened]) -> set[UUID]:
    """Enter gifts as waiting. Returns those that are new; one that a decision brought before finds itself spent."""
    rows = await connection.fetch(
        """INSERT INTO gift (id, payer, epoch, partner, city, kind, currency, amount_minor, waiting_minor, since, k,
             f_payers, f_households, border)
           SELECT id, payer, epoch, partner, city, kind, currency, amount_minor, amount_minor, since, k, f_payers,
             f_households, border
           FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                       $8::bigint[], $9::timestamptz[], $10::integer[], $11::integer[], $12::integer[], $13::text[])
             AS one (id, payer, epoch, partner, city, kind, currency, amount_minor, since, k, f_payers, f_households,
                     border)
           ON CONFLICT (id) DO UPDATE SET payer = excluded.payer, epoch = excluded.epoch, partner = excluded.partner,
             city = excluded.city, kind = excluded.kind, since = excluded.since, k = excluded.k,
             f_payers = excluded.f_payers, f_households = excluded.f_households, border = excluded.border
           WHERE gift.payer IS NULL AND gift.waiting_minor > 0 RETURNING id, xmax = 0 AS new""",
        [gift.gift for gift in opened],
        [gift.payer for gift in opened],
        [gift.epoch for gift in opened],
        [gift.partner for gift in opened],
        [gift.city for gift in opened],
        [gift.kind for gift in opened],
        [gift.currency for gift in opened],
        [gift.amount_minor for gift in opened],
        [gift.since for gift in opened],
        [gift.k for gift in opened],
        [gift.k - 1 if gift.f_payers is None else gift.f_payers for gift in opened],
        [gift.f_households for gift in opened],
        [gift.border for gift in opened],
    )
    return {row["id"] for row in rows if row["new"]}


async def lock_waiting(connection: Connection, pool: Pool, hour: datetime) -> list[Gift]:
    """The oldest gifts that a pool may spend, waiting and not reserved, locked; without those left at this hour."""
    begins = "" if pool.level is Border.NETWORK else pool.area
    rows = await connection.fetch(
        """SELECT gift.id, payer, waiting_minor, since, k, f_payers, f_households, epoch, partner, parts,
             coalesce(left_out.times, 0) AS times
           FROM gift LEFT JOIN left_out ON left_out.id = gift.id
           WHERE currency = $1 AND waiting_minor > 0 AND payer IS NOT NULL AND reserved IS NULL AND since <= $2
             AND (city IS NULL OR starts_with(city, $3)) AND (kind IS NULL OR kind = $4) AND border = ANY($5)
             AND left_out.due IS DISTINCT FROM $2
           ORDER BY since, gift.id LIMIT $6 FOR UPDATE OF gift""",
        pool.currency,
        hour,
        begins,
        pool.kind,
        list(pool.borders),
        GIFTS_MAX,
    )
    return [_gift(row) for row in rows]


def _gift(row: Record) -> Gift:
    return Gift(
        row["id"],
        row["payer"],
        row["waiting_minor"],
        row["since"],
        Rules.of(row["k"], row["f_payers"], row["f_households"]),
        (row["epoch"], row["partner"]),
        may_be_left=row["times"] < TIMES_MAX,
        part=row["parts"] + 1,
    )


async def reserve(connection: Connection, ids: Sequence[UUID], gifts_batch: UUID) -> None:
    """These gifts are in a decision that was not read back yet."""
    await connection.execute("UPDATE gift SET reserved = $2 WHERE id = ANY($1)", ids, gifts_batch)


async def release(connection: Connection, gifts_batch: UUID) -> None:
    """The decision was read back: nothing is reserved for it any more."""
    await connection.execute("UPDATE gift SET reserved = NULL WHERE reserved = $1", gifts_batch)


async def any_taken(connection: Connection, gifts: Sequence[SpentGift]) -> bool:
    """Whether one of these parts of gifts was spent by an earlier decision."""
    taken: bool = await connection.fetchval(
        """SELECT EXISTS (SELECT FROM gift JOIN unnest($1::uuid[], $2::integer[]) AS one (id, part)
                            ON one.id = gift.id AND one.part <= gift.parts)""",
        [gift.gift for gift in gifts],
        [gift.part for gift in gifts],
    )
    return taken


async def spend(connection: Connection, gifts: Sequence[SpentGift], currency: str, at: datetime) -> int:
    """These parts are spent, or refunded; those of unknown gifts are entered first. Returns their sum, minor units.

    Of a gift of which nothing waits any more the id alone is kept.
    """
    rows = await connection.fetch(
        """INSERT INTO gift (id, currency, amount_minor, waiting_minor, parts)
           SELECT id, $5, amount_minor + left_minor, left_minor, part
           FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::integer[])
             AS one (id, amount_minor, left_minor, part)
           ON CONFLICT (id) DO UPDATE SET waiting_minor = excluded.waiting_minor, parts = excluded.parts
           RETURNING id, amount_minor, waiting_minor, xmax = 0 AS entered""",
        [gift.gift for gift in gifts],
        [gift.amount_minor for gift in gifts],
        [gift.left_minor for gift in gifts],
        [gift.part for gift in gifts],
        currency,
    )
    await connection.execute(
        """UPDATE gift SET over_at = $2, payer = NULL, epoch = NULL, partner = NULL, city = NULL, kind = NULL,
             since = NULL, k = NULL, f_payers = NULL, f_households = NULL, border = NULL WHERE id = ANY($1)""",
        [row["id"] for row in rows if not row["waiting_minor"]],
        at,
    )
    return sum(row["amount_minor"] for row in rows if row["entered"])


async def withdraw(connection: Connection, gift: UUID) -> None:
    """A gift is withdrawn: no batch is decided with it any more."""
    await connection.execute("UPDATE gift SET withdrawn = true WHERE id = $1", gift)


class WithdrawnGift(NamedTuple):
    """What waits of a withdrawn gift, and how many parts of it were spent."""

    id: UUID
    currency: str
    waiting_minor: int
    parts: int


async def lock_withdrawn(connection: Connection, ids: Sequence[UUID]) -> list[WithdrawnGift]:
    """Those of these gifts that are withdrawn, wait, and are in no decision, locked."""
    rows = await connection.fetch(
        """SELECT id, currency, waiting_minor, parts FROM gift
           WHERE id = ANY($1) AND withdrawn AND waiting_minor > 0 AND reserved IS NULL ORDER BY id FOR UPDATE""",
        ids,
    )
    return [WithdrawnGift(**row) for row in rows]


async def forget_over(connection: Connection, before: datetime) -> None:
    """Not even the ids stay of gifts of which nothing waits since then."""
    rows = await connection.fetch("DELETE FROM gift WHERE over_at < $1 RETURNING id", before)
    await left_out.forget(connection, [row["id"] for row in rows])
