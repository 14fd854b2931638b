"""notify's copy of cities: their names and time zones."""

from collections.abc import Mapping, Sequence

from b40_chassis.hears import Connection
from b40_contracts.registry import City


async def keep(connection: Connection, cities: Sequence[City]) -> None:
    """Enter cities, or take over what is new of them."""
    await connection.execute(
        """INSERT INTO city (code, names, timezone)
           SELECT * FROM unnest($1::text[], $2::jsonb[], $3::text[])
           ON CONFLICT (code) DO UPDATE SET names = excluded.names, timezone = excluded.timezone""",
        [city.code for city in cities],
        [city.names for city in cities],
        [city.timezone for city in cities],
    )


async def names(connection: Connection) -> Mapping[str, Mapping[str, str]]:
    """The names of all cities by code and language; the network has some eighty."""
    return {row["code"]: row["names"] for row in await connection.fetch("SELECT code, names FROM city")}
