"""Needs that wait in pools, by working id."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.solidarity import Border, NeedOpened, OrderedNeed

from b40_solidarity.leaving import TIMES_MAX
from b40_solidarity.matcher.store import left_out
from b40_solidarity.ordering import NEEDS_MAX, URGENT_MAX
from b40_solidarity.parties import Need, Rules
from b40_solidarity.pools import Pool

WAITING = """SELECT need.id, household, amount_minor, since, k, f_payers, f_households, vouched, part,
               cut_off <= $3::date AS urgent, coalesce(left_out.times, 0) AS times
             FROM need LEFT JOIN left_out ON left_out.id = need.id
             WHERE state = 'open' AND reserved IS NULL AND since <= $2 AND (cut_off IS NULL OR cut_off > $4::date)
               AND left_out.due IS DISTINCT FROM $2"""
IN_POOL = "pool = $1"
IN_MERGED = """pool IN (SELECT name FROM pool WHERE kind = $1 AND currency = $5 AND ($6 = '' OR starts_with(area, $6)))
               AND border = ANY($7)"""
OLDEST = "ORDER BY since, id LIMIT {limit} FOR UPDATE OF need"


async def enter(connection: Connection, opened: Sequence[NeedOpened]) -> None:
    """Enter needs as open; one that a decision brought before finds itself decided."""
    await connection.execute(
        """INSERT INTO need (id, pool, household, amount_minor, since, k, f_payers, f_households, border, cut_off,
             vouched, part)
           SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::integer[],
             $7::integer[], $8::integer[], $9::text[], $10::date[], $11::boolean[], $12::integer[])
           ON CONFLICT (id) DO NOTHING""",
        [need.need for need in opened],
        [Pool(need.city, need.kind, need.currency).name for need in opened],
        [need.household for need in opened],
        [need.amount_minor for need in opened],
        [need.since for need in opened],
        [need.k for need in opened],
        [need.k - 1 if need.f_payers is None else need.f_payers for need in opened],
        [need.f_households for need in opened],
        [need.border for need in opened],
        [need.cut_off for need in opened],
        [need.vouched for need in opened],
        [need.part for need in opened],
    )


async def close(connection: Connection, ids: Sequence[UUID], at: datetime) -> None:
    """Open needs are withdrawn. One that is reserved is ordered all the same if its decision counts."""
    rows = await connection.fetch(
        "UPDATE need SET state = 'closed' WHERE id = ANY($1) AND state = 'open' RETURNING id", ids
    )
    await _keep_ids_alone(connection, [row["id"] for row in rows], at)


async def lock_waiting(connection: Connection, pool: Pool, hour: datetime, urgent_until: date) -> list[Need]:
    """The oldest needs of a pool that wait and are not reserved, and its urgent ones, locked.

    Without those whose cut-off has come by the day of ``hour``, and those that chance left at this hour already.
    Urgent are those with a cut-off by ``urgent_until``.
    """
    where = IN_POOL
    values: list[Any] = [pool.name, hour, urgent_until, hour.date()]
    if pool.level is not Border.CITY:
        begins = "" if pool.level is Border.NETWORK else pool.area
        where, values = IN_MERGED, [pool.kind, *values[1:], pool.currency, begins, list(pool.borders)]
    statement = f"{WAITING} AND {where}"
    oldest = await connection.fetch(f"{statement} {OLDEST.format(limit=NEEDS_MAX)}", *values)
    rows = {row["id"]: row for row in oldest}
    if len(oldest) == NEEDS_MAX:
        urgent = f"{statement} AND cut_off <= $3::date {OLDEST.format(limit=URGENT_MAX)}"
        rows |= {row["id"]: row for row in await connection.fetch(urgent, *values)}
    return [_need(row, merged=pool.level is not Border.CITY) for row in rows.values()]


def _need(row: Record, *, merged: bool) -> Need:
    urgent = bool(row["urgent"])
    return Need(
        row["id"],
        row["household"],
        row["amount_minor"],
        row["since"],
        Rules.of(row["k"], row["f_payers"], row["f_households"]),
        urgent=urgent,
        counts=row["vouched"] or not merged,
        may_be_left=not urgent and row["part"] == 1 and row["times"] < TIMES_MAX,
    )


async def hand_back(connection: Connection, pool: Pool, since: datetime, cut_off: date, at: datetime) -> list[UUID]:
    """Needs of a pool that wait since then or longer, or have a cut-off by then, are not to be met; in order of ids."""
    rows = await connection.fetch(
        """UPDATE need SET state = 'handed back' WHERE id IN (
             SELECT id FROM need WHERE pool = $1 AND state = 'open' AND reserved IS NULL
               AND (since <= $2 OR cut_off <= $3) ORDER BY since, id LIMIT $4 FOR UPDATE)
           RETURNING id""",
        pool.name,
        since,
        cut_off,
        NEEDS_MAX,
    )
    ids = sorted(row["id"] for row in rows)
    await _keep_ids_alone(connection, ids, at)
    return ids


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


async def order(connection: Connection, needs: Sequence[OrderedNeed], at: datetime) -> None:
    """These needs are ordered, whole or in part; those that are not known are entered so."""
    ids = [need.need for need in needs]
    await connection.execute(
        """INSERT INTO need (id, amount_minor, state)
           SELECT id, amount_minor, 'ordered' FROM unnest($1::uuid[], $2::bigint[]) AS one (id, amount_minor)
           ON CONFLICT (id) DO UPDATE SET state = 'ordered', amount_minor = excluded.amount_minor""",
        ids,
        [need.amount_minor for need in needs],
    )
    await _keep_ids_alone(connection, ids, at)


async def _keep_ids_alone(connection: Connection, ids: Sequence[UUID], at: datetime) -> None:
    """Of needs that wait no more nothing else is kept: so they are known if they are named again."""
    await connection.execute(
        """UPDATE need SET over_at = $2, pool = NULL, household = NULL, since = NULL, k = NULL, f_payers = NULL,
             f_households = NULL, border = NULL, cut_off = NULL, vouched = NULL, part = NULL WHERE id = ANY($1)""",
        ids,
        at,
    )


async def forget_over(connection: Connection, before: datetime) -> None:
    """Not even the ids stay of needs that do not wait since then."""
    rows = await connection.fetch("DELETE FROM need WHERE over_at < $1 RETURNING id", before)
    await left_out.forget(connection, [row["id"] for row in rows])
