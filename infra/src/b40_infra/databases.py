"""A database for each app, out of the others' reach: owned by one role, and worked in by that or by another one.

Where two roles are given, the owner migrates and the app reads and writes what is there, and can neither change a table
nor make one. Neither is a superuser, and neither may make roles or databases.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg
from asyncpg.connection import Connection

OWNER_SUFFIX = "-owner"
HERE_ALONE = {"synchronous_commit": "local"}
"""Waits for no replica: it comes in as a role that is made here. What is made is made again where it is missing."""
DEFAULT_PRIVILEGES: Mapping[str, str] = {
    "TABLES": "SELECT, INSERT, UPDATE, DELETE",
    "SEQUENCES": "USAGE",
    "FUNCTIONS": "EXECUTE",
    "SCHEMAS": "USAGE",
}
"""What the app's role may do with all that its database's owner makes."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A role, its password, and the password of the app's own role if that is not the owner."""

    name: str
    password: str
    app_password: str | None = None


async def ensure(administrator: str, owners: Mapping[str, Owner]) -> None:
    """Make what is missing, by app, and set the passwords. ``administrator`` is the DSN of the database ``postgres``.

    Raises what asyncpg raises.
    """
    connection = await asyncpg.connect(administrator, server_settings=HERE_ALONE)
    try:
        databases = {row["datname"] for row in await connection.fetch("SELECT datname FROM pg_database")}
        for app, owner in owners.items():
            await _ensure_role(connection, owner.name, owner.password)
            if app not in databases:
                await connection.execute(f'CREATE DATABASE "{app}" OWNER "{owner.name}"')
            if owner.app_password is not None:
                await _ensure_role(connection, app, owner.app_password)
            for statement in admitting(app, app):
                await connection.execute(statement)
    finally:
        await connection.close()
    for app, owner in owners.items():
        if owner.app_password is not None:
            await _share(administrator, app, owner)


def admitting(database: str, app: str) -> tuple[str, ...]:
    """What lets the app into its database, and nobody else but the owner."""
    return (
        f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC',
        f'GRANT CONNECT, TEMPORARY ON DATABASE "{database}" TO "{app}"',
    )


def sharing(app: str, owner: str) -> tuple[str, ...]:
    """What lets the app work with all that the owner of its database will make in it."""
    return tuple(
        f'ALTER DEFAULT PRIVILEGES FOR ROLE "{owner}" GRANT {privileges} ON {kind} TO "{app}"'
        for kind, privileges in DEFAULT_PRIVILEGES.items()
    )


async def ensure_replicas(administrator: str, passwords: Mapping[str, str]) -> None:
    """Make the roles, by name, as which servers follow the one that is written to, and set their passwords.

    Raises what asyncpg raises.
    """
    connection = await asyncpg.connect(administrator, server_settings=HERE_ALONE)
    try:
        for role, password in passwords.items():
            await _ensure_role(connection, role, password, "REPLICATION")
    finally:
        await connection.close()


async def _share(administrator: str, app: str, owner: Owner) -> None:
    """Let the app work with what its database's owner will make."""
    connection = await asyncpg.connect(administrator, database=app, server_settings=HERE_ALONE)
    try:
        for statement in sharing(app, owner.name):
            await connection.execute(statement)
    finally:
        await connection.close()


async def _ensure_role(connection: "Connection[asyncpg.Record]", name: str, password: str, rights: str = "") -> None:
    known = await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name)
    quoted: str = await connection.fetchval("SELECT quote_literal($1::text)", password)
    verb = "ALTER" if known else "CREATE"
    await connection.execute(
        f'{verb} ROLE "{name}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE {rights} PASSWORD {quoted}'
    )
