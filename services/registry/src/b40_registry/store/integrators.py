"""Integrators in the database."""

from collections.abc import Mapping, Sequence

from b40_chassis.hears import Connection
from b40_contracts.event import Event
from b40_contracts.integrators import Integrator


async def lock(connection: Connection) -> list[Integrator]:
    """All integrators, in order of their names; nobody else changes them until the transaction ends."""
    await connection.execute("LOCK TABLE integrator IN SHARE ROW EXCLUSIVE MODE")
    return await listed(connection)


async def listed(connection: Connection) -> list[Integrator]:
    """All integrators, in order of their names."""
    rows = await connection.fetch("SELECT stated FROM integrator ORDER BY name")
    return [Integrator.model_validate(row["stated"]) for row in rows]


async def keep(connection: Connection, integrators: Sequence[Integrator]) -> None:
    """Enter integrators, or their next revisions; one that is not newer than what is known changes nothing."""
    await connection.executemany(
        """INSERT INTO integrator AS known (name, revision, stated) VALUES ($1, $2, $3)
           ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, stated = excluded.stated
           WHERE known.revision < excluded.revision""",
        [(each.name, each.revision, each.model_dump(mode="json")) for each in sorted(integrators, key=_name)],
    )


async def states(connection: Connection, names: Sequence[str]) -> Mapping[str, Event]:
    """The whole states of these integrators, by name."""
    rows = await connection.fetch("SELECT name, stated FROM integrator WHERE name = ANY($1)", list(names))
    return {row["name"]: Integrator.model_validate(row["stated"]) for row in rows}


def _name(integrator: Integrator) -> str:
    return integrator.name
