"""Taking a backup of an app's database while it works: one snapshot, read by ``pg_dump``; nobody waits for it.

The app's secret, the key of the vault and the keys of sealed topics are not in the database, and so not in the backup:
who has the backup alone can neither derive ids nor read what is sealed. The keys of persons are, in a schema of their
own, and are not in the backup either: they have backups of their own, so that who is erased is soon forgotten, however
long backups of the database are kept.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import asyncpg

from b40_infra import private
from b40_infra.backup import asking, programs
from b40_infra.backup.store import DUMP, KEYS, MAKING, MANIFEST, Backup, Manifest, Noted, Store, part
from b40_infra.errors import Trouble

LOCK_SECONDS_MAX = 30
"""How long it waits for a migration that has a table for itself."""


async def take(app: str, address: str, store: Store, now: datetime) -> Backup:
    """Take a backup; it is there whole, or not at all. ``address`` is that of the database, for its owner.

    Raises Trouble.
    """
    return await _take(app, app, address, store, now, "--exclude-table-data=keys.*")


async def take_keys(app: str, address: str, store: Store, now: datetime) -> Backup | None:
    """Take a backup of the keys of an app's persons alone; None if it keeps no such keys. Raises Trouble."""
    async with asking.connected(address) as connection:
        if not await connection.fetchval(asking.KEEPS_KEYS):
            return None
    return await _take(app, app + KEYS, address, store, now, "--data-only", "--table=keys.*")


async def _take(app: str, name: str, address: str, store: Store, now: datetime, *chosen: str) -> Backup:
    async with asking.connected(address) as connection, _snapshot(connection) as snapshot:
        noted = await _noted(app, connection)
        server: str = await connection.fetchval("SHOW server_version")
        with store.writing(name, now) as folder:
            await _dump(address, snapshot, folder / DUMP, *chosen)
            manifest = Manifest(app=name, taken=now, server=server, noted=noted, dump=part(folder / DUMP)).summed()
            private.write(folder / MANIFEST, manifest.model_dump_json(indent=2).encode())
    return Backup(folder.with_name(folder.name.removeprefix(MAKING)))


@asynccontextmanager
async def _snapshot(connection: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[str]:
    """What everybody sees who is given its name: the database as it is now."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        yield await connection.fetchval("SELECT pg_export_snapshot()")


async def _noted(app: str, connection: "asyncpg.Connection[asyncpg.Record]") -> Noted:
    try:
        return Noted.model_validate_json(await connection.fetchval(asking.NOTED))
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
        raise Trouble(f"the database of {app} holds nothing yet") from None
    except asyncpg.InsufficientPrivilegeError:
        raise Trouble(f"this role may not read all of the database of {app}: its owner takes backups") from None


async def _dump(address: str, snapshot: str, file: Path, *chosen: str) -> None:
    bare, password = programs.without_password(address)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        await programs.run(
            "pg_dump",
            [
                "--format=custom", "--no-owner", "--no-privileges", "--no-password", f"--snapshot={snapshot}",
                f"--lock-wait-timeout={LOCK_SECONDS_MAX}s", f"--dbname={bare}", *chosen,
            ],
            password,
            stdout=descriptor,
        )  # fmt: skip
    finally:
        os.close(descriptor)
