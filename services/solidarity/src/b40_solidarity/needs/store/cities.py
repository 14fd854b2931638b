"""Own copy of the cities: that they exist."""

from collections.abc import Collection, Sequence

from b40_chassis.hears import Connection


async def enter(connection: Connection, codes: Sequence[str]) -> None:
    """Remember that these cities exist."""
    await connection.execute("INSERT INTO city SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", sorted(codes))


async def known(connection: Connection, codes: Collection[str]) -> set[str]:
    """Which of these cities exist."""
    return {row["code"] for row in await connection.fetch("SELECT code FROM city WHERE code = ANY($1)", sorted(codes))}
