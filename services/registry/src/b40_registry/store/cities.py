"""Cities and their membership ledger in the database."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.event import Event
from b40_contracts.registry import LedgerEntry, Profile, Status

from b40_registry import cities, membership
from b40_registry.cities import Described

WHOLE = """SELECT city.code, city.profile, city.described_at, coalesce(ledger.entries, '[]') AS entries
           FROM city LEFT JOIN LATERAL (
             SELECT jsonb_agg(jsonb_build_object('status', entry.status, 'on', entry.day, 'source', entry.source,
                                                 'begun', later.city IS NULL)) AS entries
             FROM membership_entry AS entry LEFT JOIN membership_to_begin AS later USING (city, day, status)
             WHERE entry.city = city.code) AS ledger ON true"""


async def resembling(connection: Connection, code: str, geonames: int) -> list[Described]:
    """The cities with this code or this place, locked."""
    rows = await connection.fetch(
        "SELECT * FROM city WHERE code = $1 OR geonames = $2 ORDER BY code FOR UPDATE", code, geonames
    )
    return [Described(Profile.model_validate(row["profile"]), row["described_at"], row["described_by"]) for row in rows]


async def describe(connection: Connection, profile: Profile, at: datetime, by: str) -> None:
    """Enter a city, or give it a new description."""
    await connection.execute(
        """INSERT INTO city (code, geonames, country, timezone, profile, described_at, described_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (code) DO UPDATE SET country = excluded.country, timezone = excluded.timezone,
             profile = excluded.profile, described_at = excluded.described_at, described_by = excluded.described_by""",
        *_row(profile, at, by),
    )


async def enter_missing(connection: Connection, profiles: Sequence[tuple[Profile, datetime]]) -> None:
    """Enter the cities that are not known; leave the others as they are."""
    await connection.executemany(
        """INSERT INTO city (code, geonames, country, timezone, profile, described_at, described_by)
           VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING""",
        [_row(profile, at, "") for profile, at in profiles],
    )


def _row(profile: Profile, at: datetime, by: str) -> tuple[Any, ...]:
    content = profile.model_dump(mode="json")
    return profile.code, profile.geonames, profile.country, profile.timezone, content, at, by


async def zone_of(connection: Connection, code: str) -> str | None:
    """The time zone of a city, or None if it is not known."""
    zone: str | None = await connection.fetchval("SELECT timezone FROM city WHERE code = $1", code)
    return zone


async def lock(connection: Connection, code: str) -> str | None:
    """Lock a city, whose ledger is about to change. Returns its time zone, or None if it is not known."""
    zone: str | None = await connection.fetchval("SELECT timezone FROM city WHERE code = $1 FOR UPDATE", code)
    return zone


async def first_unknown(connection: Connection, codes: Collection[str]) -> str | None:
    """The first of these codes that is no known city's, or None if all are known."""
    code: str | None = await connection.fetchval(
        """SELECT min(code) FROM unnest($1::text[]) AS code
           WHERE NOT EXISTS (SELECT FROM city WHERE city.code = code.code)""",
        sorted(codes),
    )
    return code


async def ledger(connection: Connection, code: str) -> list[LedgerEntry]:
    """All entries of a city's ledger."""
    rows = await connection.fetch('SELECT status, day AS "on", source FROM membership_entry WHERE city = $1', code)
    return [LedgerEntry.model_validate(dict(row)) for row in rows]


async def add_entry(connection: Connection, code: str, entry: LedgerEntry) -> None:
    """Add an entry to a city's ledger."""
    await connection.execute(
        "INSERT INTO membership_entry (city, day, status, source) VALUES ($1, $2, $3, $4)",
        code,
        entry.on,
        entry.status,
        entry.source.model_dump(mode="json"),
    )


async def begin_later(connection: Connection, code: str, entry: LedgerEntry, begins: datetime) -> None:
    """Note that the day of an entry begins at a moment yet to come."""
    await connection.execute(
        "INSERT INTO membership_to_begin (city, day, status, begins) VALUES ($1, $2, $3, $4)",
        code,
        entry.on,
        entry.status,
        begins,
    )


async def beginning(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Cities and days, as ``TRIST/2022-06-28``, on which entries begin by now, and the moment; oldest first."""
    rows = await connection.fetch(
        """SELECT city || '/' || day AS subject, begins FROM membership_to_begin WHERE begins <= $1
           GROUP BY city, day, begins ORDER BY begins, subject LIMIT $2""",
        now,
        limit,
    )
    return [(row["subject"], row["begins"]) for row in rows]


async def begin(connection: Connection, code: str, day: date) -> list[LedgerEntry]:
    """Let the entries of a city's day begin. Returns them in their order."""
    rows = await connection.fetch(
        """WITH begun AS (DELETE FROM membership_to_begin WHERE city = $1 AND day = $2 RETURNING city, day, status)
           SELECT status, day AS "on", source FROM membership_entry JOIN begun USING (city, day, status)""",
        code,
        day,
    )
    return list(membership.in_order(LedgerEntry.model_validate(dict(row)) for row in rows))


async def states(connection: Connection, codes: Sequence[str]) -> Mapping[str, Event]:
    """The whole states of these cities, by code."""
    rows = await connection.fetch(f"{WHOLE} WHERE city.code = ANY($1)", list(codes))
    return {row["code"]: _state(row) for row in rows}


async def page(connection: Connection, *, country: str | None, after: str, limit: int) -> list[Event]:
    """Cities in order of their codes, after a code, of one country or of all."""
    rows = await connection.fetch(
        f"""{WHOLE} WHERE city.code > $1 AND ($2::text IS NULL OR city.country = $2)
            ORDER BY city.code LIMIT $3""",
        after,
        country,
        limit,
    )
    return [_state(row) for row in rows]


def _state(row: Record) -> Event:
    entries = [(LedgerEntry.model_validate(entry), entry["begun"]) for entry in row["entries"]]
    return cities.state(
        Profile.model_validate(row["profile"]),
        row["described_at"],
        [entry for entry, _ in entries],
        [entry for entry, begun in entries if begun],
    )


async def members_on(connection: Connection, day: date) -> list[Record]:
    """Who was a member on a day: code, names, first day, document, in order of their codes."""
    return await connection.fetch(
        """SELECT code, profile -> 'names' AS names, day AS since, source FROM city
           JOIN LATERAL (SELECT day, status, source FROM membership_entry WHERE city = code AND day <= $1
                         ORDER BY day DESC, array_position($2::text[], status) DESC LIMIT 1) AS entry ON true
           WHERE status = $3 ORDER BY code""",
        day,
        sorted(Status, key=membership.RANK.__getitem__),
        Status.ACTIVE,
    )
