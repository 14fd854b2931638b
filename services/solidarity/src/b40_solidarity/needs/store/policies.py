"""Policies: this app owns them."""

from collections.abc import Collection, Mapping, Sequence

from b40_chassis.hears import Connection
from b40_contracts.event import Event
from b40_contracts.solidarity import Policy


async def lock(connection: Connection, scope: str) -> Policy | None:
    """The policy of a scope, locked until the transaction ends, or None."""
    row = await connection.fetchrow("SELECT terms FROM policy WHERE scope = $1 FOR UPDATE", scope)
    return Policy.model_validate(row["terms"]) if row else None


async def put(connection: Connection, policy: Policy) -> None:
    """Put a policy in the place of its scope's last one."""
    await connection.execute(
        """INSERT INTO policy (scope, terms) VALUES ($1, $2)
           ON CONFLICT (scope) DO UPDATE SET terms = excluded.terms""",
        policy.scope,
        policy.model_dump(mode="json"),
    )


async def enter_missing(connection: Connection, policies: Sequence[Policy]) -> None:
    """Enter policies that a restored database does not know; leave the others as they are."""
    await connection.executemany(
        "INSERT INTO policy (scope, terms) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(policy.scope, policy.model_dump(mode="json")) for policy in policies],
    )


async def of(connection: Connection, scopes: Collection[str]) -> dict[str, Policy]:
    """The policies of these scopes, as far as there are any."""
    rows = await connection.fetch("SELECT scope, terms FROM policy WHERE scope = ANY($1)", sorted(scopes))
    return {row["scope"]: Policy.model_validate(row["terms"]) for row in rows}


async def all_of_them(connection: Connection) -> list[Policy]:
    """All policies, in order of their scopes."""
    return [
        Policy.model_validate(row["terms"]) for row in await connection.fetch("SELECT * FROM policy ORDER BY scope")
    ]


async def states(connection: Connection, scopes: Sequence[str]) -> Mapping[str, Event]:
    """The whole state of these scopes."""
    return await of(connection, scopes)
