"""Policies in force: this app owns them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.event import Event
from b40_contracts.solidarity import Policy, PolicyTerms


async def put_in_force(connection: Connection, terms: PolicyTerms, reported_at: datetime) -> bool:
    """Put a policy in the place of its scope's last one. False if the last one is newer; then nothing changes."""
    written = await connection.fetchval(
        """INSERT INTO policy AS last (scope, terms, reported_at) VALUES ($1, $2, $3)
           ON CONFLICT (scope) DO UPDATE SET terms = excluded.terms, reported_at = excluded.reported_at
             WHERE last.reported_at <= excluded.reported_at
           RETURNING true""",
        terms.scope,
        terms.model_dump(mode="json"),
        reported_at,
    )
    return written is not None


async def enter_missing(connection: Connection, policies: Sequence[Policy]) -> None:
    """Enter policies that a restored database does not know; leave the others as they are."""
    await connection.executemany(
        "INSERT INTO policy (scope, terms, reported_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        [
            (policy.scope, policy.model_dump(mode="json", exclude={"reported_at"}), policy.reported_at)
            for policy in policies
        ],
    )


async def in_force(connection: Connection, scope: str) -> Policy | None:
    """The policy of a scope, or None."""
    return (await in_force_of(connection, {scope})).get(scope)


async def in_force_of(connection: Connection, scopes: Collection[str]) -> dict[str, Policy]:
    """The policies of these scopes, as far as there are any."""
    rows = await connection.fetch("SELECT * FROM policy WHERE scope = ANY($1)", sorted(scopes))
    return {row["scope"]: _policy(row) for row in rows}


async def all_of_them(connection: Connection) -> list[Policy]:
    """All policies in force, in order of their scopes."""
    return [_policy(row) for row in await connection.fetch("SELECT * FROM policy ORDER BY scope")]


async def states(connection: Connection, scopes: Sequence[str]) -> Mapping[str, Event]:
    """The whole state of these scopes."""
    return await in_force_of(connection, scopes)


def _policy(row: Record) -> Policy:
    return Policy.model_validate({**row["terms"], "reported_at": row["reported_at"]})
