"""The own copy of cities."""

from collections.abc import Sequence
from datetime import date

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts import registry

from b40_events.city import City


async def keep(connection: Connection, cities: Sequence[registry.City]) -> None:
    """Enter cities, or put them in place of what was known of them."""
    await connection.execute(
        """INSERT INTO city (code, names, latitude, longitude, timezone, status, since)
           SELECT * FROM unnest($1::text[], $2::jsonb[], $3::float8[], $4::float8[], $5::text[], $6::text[], $7::date[])
           ON CONFLICT (code) DO UPDATE SET names = excluded.names, latitude = excluded.latitude,
             longitude = excluded.longitude, timezone = excluded.timezone, status = excluded.status,
             since = excluded.since""",
        [city.code for city in cities],
        [dict(city.names) for city in cities],
        [city.latitude for city in cities],
        [city.longitude for city in cities],
        [city.timezone for city in cities],
        [city.status for city in cities],
        [city.since for city in cities],
    )


async def find(connection: Connection, codes: Sequence[str]) -> dict[str, City]:
    """Those of these cities that are known, by code."""
    rows = await connection.fetch("SELECT * FROM city WHERE code = ANY($1)", list(codes))
    return {row["code"]: _city(row) for row in rows}


async def members_since(connection: Connection, after: date) -> list[str]:
    """Codes of the cities that became members after a day, in order."""
    rows = await connection.fetch("SELECT code FROM city WHERE status = 'active' AND since > $1 ORDER BY code", after)
    return [row["code"] for row in rows]


def _city(row: Record) -> City:
    return City(**dict(row))
