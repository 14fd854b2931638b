"""Pools in the database: their batch hours and what they carry."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.solidarity import NETWORK, Policy

from b40_solidarity.hours import next_batch_hour
from b40_solidarity.pools import Pool


async def enter(connection: Connection, pools: Collection[Pool], since: datetime) -> None:
    """Enter the pools that are not known, with the time from which on they look for batch hours."""
    ordered = sorted(pools, key=lambda pool: pool.name)
    await connection.execute(
        """INSERT INTO pool (name, area, kind, currency, first_since)
           SELECT *, $5 FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING""",
        [pool.name for pool in ordered],
        [pool.area for pool in ordered],
        [pool.kind for pool in ordered],
        [pool.currency for pool in ordered],
        since,
    )


async def due(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Pools whose batch hour has come, with it, oldest first. A pool without a policy is not due."""
    rows = await connection.fetch(
        "SELECT name, next_due FROM pool WHERE next_due <= $1 ORDER BY next_due, name LIMIT $2", now, limit
    )
    found = [(row["name"], row["next_due"]) for row in rows]
    found += [(name, first) for name, first in await _first_hours(connection) if first <= now]
    return sorted(found, key=lambda item: (item[1], item[0]))[:limit]


async def _first_hours(connection: Connection) -> list[tuple[str, datetime]]:
    rows = await connection.fetch(
        """SELECT pool.name, pool.first_since, policy.terms FROM pool JOIN policy ON policy.scope = pool.area
           WHERE pool.next_due IS NULL AND pool.area <> $1""",
        NETWORK,
    )
    first_hours = []
    for row in rows:
        policy = Policy.model_validate(row["terms"])
        after = max(row["first_since"], policy.reported_at)
        terms = policy.at(after) or policy
        first_hours.append((row["name"], next_batch_hour(after, terms.batch_hours, terms.batch_weekdays)))
    return first_hours


async def lock(connection: Connection, name: str) -> Pool:
    """A pool, locked until the transaction ends."""
    row = await connection.fetchrow("SELECT area, kind, currency FROM pool WHERE name = $1 FOR UPDATE", name)
    assert row is not None, f"pool {name} is entered before anything is decided about it"
    return Pool(**row)


async def set_next_due(connection: Connection, name: str, next_due: datetime) -> None:
    """The batch hour is over; the next one comes then."""
    await connection.execute("UPDATE pool SET next_due = $2, merged_into = NULL WHERE name = $1", name, next_due)


async def close_another(connection: Connection, name: str, next_due: datetime, closed: Pool) -> None:
    """The batch hour is not over: ``closed``, the pool itself or one that it merged into, may close another batch."""
    merged_into = closed.name if closed.name != name else None
    await connection.execute(
        "UPDATE pool SET next_due = $2, merged_into = $3 WHERE name = $1", name, next_due, merged_into
    )


async def merged_into(connection: Connection, name: str) -> list[Pool]:
    """The pool that a pool merged into at this batch hour and that may close another batch, if any."""
    above: str | None = await connection.fetchval("SELECT merged_into FROM pool WHERE name = $1", name)
    return [Pool.named(above)] if above else []


async def closes_another(connection: Connection, name: str, now: datetime) -> bool:
    """Whether a city that merged into this pool is to close another batch of it at this hour."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pool WHERE merged_into = $1 AND next_due > $2)", name, now
    )
    return found


async def free_carry(connection: Connection, name: str) -> int:
    """What a pool carries and no decision on its way has reserved, minor units."""
    free: int = await connection.fetchval(
        """SELECT carried_minor - coalesce((SELECT sum(amount_minor) FROM reserved_carry WHERE pool = $1), 0)::bigint
           FROM pool WHERE name = $1""",
        name,
    )
    return free


async def reserve_carry(connection: Connection, name: str, needs_batch: UUID, amount_minor: int) -> None:
    """Reserve what a decision takes of a pool's carry."""
    await connection.execute("INSERT INTO reserved_carry VALUES ($1, $2, $3)", needs_batch, name, amount_minor)


async def release_carry(connection: Connection, needs_batch: UUID) -> None:
    """A decision was read back: nothing is reserved for it any more."""
    await connection.execute("DELETE FROM reserved_carry WHERE needs_batch = $1", needs_batch)


async def change_carry(connection: Connection, name: str, change_minor: int) -> None:
    """A pool carries more, or less (a change below zero)."""
    await connection.execute("UPDATE pool SET carried_minor = carried_minor + $2 WHERE name = $1", name, change_minor)
