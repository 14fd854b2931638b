"""Own copy of the cities: that they exist."""

from collections.abc import Sequence

from b40_chassis.hears import Connection


async def enter(connection: Connection, codes: Sequence[str]) -> None:
    """Remember that these cities exist."""
    await connection.execute("INSERT INTO city SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", sorted(codes))


async def is_known(connection: Connection, code: str) -> bool:
    """Whether the city exists."""
    known: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM city WHERE code = $1)", code)
    return known
