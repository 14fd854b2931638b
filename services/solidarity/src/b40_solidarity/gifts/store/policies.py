"""Own copy of the policies."""

from collections.abc import Collection, Sequence

from b40_chassis.hears import Connection
from b40_contracts.solidarity import Policy


async def put(connection: Connection, policies: Sequence[Policy]) -> None:
    """Put these policies in the place of their scopes' last ones."""
    await connection.executemany(
        """INSERT INTO policy (scope, terms, reported_at) VALUES ($1, $2, $3)
           ON CONFLICT (scope) DO UPDATE SET terms = excluded.terms, reported_at = excluded.reported_at""",
        [(policy.scope, policy.model_dump(mode="json"), policy.reported_at) for policy in policies],
    )


async def of(connection: Connection, scopes: Collection[str]) -> dict[str, Policy]:
    """The policies of these scopes, as far as there are any."""
    rows = await connection.fetch("SELECT scope, terms FROM policy WHERE scope = ANY($1)", sorted(scopes))
    return {row["scope"]: Policy.model_validate(row["terms"]) for row in rows}
