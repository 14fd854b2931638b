"""Billers: this app owns them."""

from collections.abc import Collection, Mapping, Sequence

from b40_chassis.hears import Connection
from b40_contracts.event import Event
from b40_contracts.solidarity import Biller


async def lock(connection: Connection, biller: str) -> Biller | None:
    """A biller, locked until the transaction ends, or None."""
    row = await connection.fetchrow("SELECT stated FROM biller WHERE name = $1 FOR UPDATE", biller)
    return Biller.model_validate(row["stated"]) if row else None


async def put(connection: Connection, biller: Biller) -> None:
    """Put a biller in the place of what was known of it."""
    await connection.execute(
        """INSERT INTO biller (name, stated) VALUES ($1, $2)
           ON CONFLICT (name) DO UPDATE SET stated = excluded.stated""",
        biller.biller,
        biller.model_dump(mode="json"),
    )


async def enter_missing(connection: Connection, billers: Sequence[Biller]) -> None:
    """Enter billers that a restored database does not know; leave the others as they are."""
    await connection.executemany(
        "INSERT INTO biller (name, stated) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(biller.biller, biller.model_dump(mode="json")) for biller in billers],
    )


async def of(connection: Connection, names: Collection[str]) -> dict[str, Biller]:
    """Those of these billers that there are."""
    rows = await connection.fetch("SELECT name, stated FROM biller WHERE name = ANY($1)", sorted(names))
    return {row["name"]: Biller.model_validate(row["stated"]) for row in rows}


async def states(connection: Connection, names: Sequence[str]) -> Mapping[str, Event]:
    """The whole state of these billers."""
    return await of(connection, names)
