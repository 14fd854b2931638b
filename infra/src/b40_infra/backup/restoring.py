"""Bringing a backup back: verified first, then all in one transaction, while no copy of the app can begin to work.

Who restores takes the locks that the copies of an app take: that of migrations, and all their slots. A copy that starts
meanwhile waits, or ends and is started again.
"""

import asyncio
import contextlib
import subprocess
from collections.abc import Sequence
from urllib.parse import urlsplit

import asyncpg
from b40_chassis.database import MIGRATION_LOCK
from b40_chassis.slots import SLOT_LOCK_CLASS, SLOTS_MAX

from b40_infra import databases
from b40_infra.backup import asking, programs
from b40_infra.backup.store import KEYS, Backup, Manifest
from b40_infra.errors import Trouble

CHUNK_BYTES = 1 << 18
FREE = "SELECT count(*) FROM generate_series(0, $2::int - 1) AS slot WHERE pg_try_advisory_lock($1::int, slot)"
OTHERS = """SELECT DISTINCT format('%s as %s', coalesce(nullif(application_name, ''), 'a session'), usename)
  FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL"""
OWN = r"nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'"
HOLDS = f"""SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE {OWN})"""  # noqa: S608  (constants)
WORKER = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND rolname <> current_user)"
EMPTIED = f"""DO $do$ DECLARE schema name; BEGIN
  FOR schema IN SELECT nspname FROM pg_namespace WHERE {OWN} LOOP
    EXECUTE format('DROP SCHEMA %I CASCADE', schema);
  END LOOP;
END $do$;
CREATE SCHEMA public;
"""  # noqa: S608  (constants)
SET_KEYS_ASIDE = """DO $do$ DECLARE each name; BEGIN
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'keys' LOOP
    EXECUTE format('CREATE TEMP TABLE %I ON COMMIT DROP AS TABLE keys.%I', 'kept ' || each, each);
  END LOOP;
END $do$;
"""
PUT_KEYS_BACK = """DO $do$ DECLARE each name; BEGIN
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = 'keys' LOOP
    EXECUTE format('INSERT INTO keys.%I TABLE pg_temp.%I', each, 'kept ' || each);
  END LOOP;
END $do$;
"""
AS_NOTED = """DO $do$ BEGIN
  IF ({asked})::jsonb IS DISTINCT FROM {noted}::jsonb THEN
    RAISE EXCEPTION 'what came is not what the manifest says';
  END IF;
END $do$;
"""


async def restore(
    app: str, address: str, backup: Backup, *, keys: Backup | None = None, replace: bool = False
) -> Manifest:
    """Bring a backup back into the app's database, which must be empty or else to be replaced.

    ``address`` is that of the database, for its owner. Until the last moment nothing is changed; then all is. Keys of
    persons that the database still has stay: who was erased since stays erased. Else those of the backup ``keys`` come.
    Raises Trouble.
    """
    manifest = await _verified(app, backup)
    if keys is not None:
        await _verified(app + KEYS, keys)
    async with asking.connected(address) as connection:
        await _take_alone(app, connection)
        await _may_write(app, connection, manifest, replace=replace)
        shared = await _shared(app, address, connection)
        kept = await connection.fetchval(asking.KEEPS_KEYS)
        begin = "\n".join(["BEGIN;", *([SET_KEYS_ASIDE, EMPTIED] if replace else []), *shared, ""])
        noted = asking.quoted(manifest.noted.model_dump_json())
        end = (PUT_KEYS_BACK if kept else "") + AS_NOTED.format(asked=asking.NOTED, noted=noted) + "COMMIT;\n"
        await _bring(address, [backup] if kept or keys is None else [backup, keys], begin, end)
        await connection.execute("ANALYZE", timeout=None)
    return manifest


async def _verified(app: str, backup: Backup) -> Manifest:
    manifest = backup.verified()
    if manifest.app != app:
        raise Trouble(f"{backup.folder} is a backup of {manifest.app}, not of {app}")
    await programs.run("pg_restore", ["--list", str(backup.dump)], stdout=subprocess.DEVNULL)
    return manifest


async def _take_alone(app: str, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Take what copies of the app need to work, for as long as this session lasts. Raises Trouble if one has it."""
    free = await connection.fetchval(FREE, SLOT_LOCK_CLASS, SLOTS_MAX)
    migration = await connection.fetchval("SELECT pg_try_advisory_lock($1)", MIGRATION_LOCK)
    others = [row[0] for row in await connection.fetch(OTHERS)]
    if free < SLOTS_MAX or not migration or others:
        who = ", ".join(sorted(others)) or "a copy"
        raise Trouble(f"{app} runs on this database ({who}): stop all its copies first; nothing was changed")


async def _may_write(
    app: str, connection: "asyncpg.Connection[asyncpg.Record]", manifest: Manifest, *, replace: bool
) -> None:
    server: str = await connection.fetchval("SHOW server_version")
    if int(server.partition(".")[0]) < int(manifest.server.partition(".")[0]):
        raise Trouble(f"this is PostgreSQL {server}, and the backup is of {manifest.server}: it needs that, or a newer")
    if not replace and await connection.fetchval(HOLDS):
        raise Trouble(f"the database of {app} holds something: --replace throws that away; nothing was changed")


async def _shared(app: str, address: str, connection: "asyncpg.Connection[asyncpg.Record]") -> Sequence[str]:
    """What lets the app work in what will be made, if it does not own it."""
    if not await connection.fetchval(WORKER, app):
        return ()
    database, owner = urlsplit(address).path.removeprefix("/"), await connection.fetchval("SELECT current_user")
    return [f"{each};" for each in (*databases.admitting(database, app), *databases.sharing(app, owner))]


async def _bring(address: str, backups: Sequence[Backup], begin: str, end: str) -> None:
    """Have psql do what pg_restore writes, between these two. What was not ended with the second is taken back."""
    bare, password = programs.without_password(address)
    told = ["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse"]
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    async with programs.started(
        "psql", *told, f"--dbname={bare}", password=password, stdin=pipe, stdout=nowhere
    ) as writer:
        assert writer.stdin is not None, "it is a pipe"
        assert writer.stderr is not None, "it is a pipe"
        complaints = asyncio.ensure_future(writer.stderr.read())
        try:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # then it has ended, and says why
                writer.stdin.write(begin.encode())
                for backup in backups:
                    await _pour(backup, writer.stdin)
                writer.stdin.write(end.encode())
                await writer.stdin.drain()
        finally:
            writer.stdin.close()
        said = await complaints
        if await writer.wait() != 0:
            raise programs.failed("psql", said)


async def _pour(backup: Backup, into: asyncio.StreamWriter) -> None:
    """Give psql what pg_restore reads of a backup. Raises Trouble if it does not read it to the end."""
    arguments = ["--no-owner", "--no-privileges", "--file=-", str(backup.dump)]
    async with programs.started("pg_restore", *arguments, stdout=asyncio.subprocess.PIPE) as reader:
        assert reader.stdout is not None, "it is a pipe"
        assert reader.stderr is not None, "it is a pipe"
        complaints = asyncio.ensure_future(reader.stderr.read())
        while chunk := await reader.stdout.read(CHUNK_BYTES):
            into.write(chunk)
            await into.drain()
        said = await complaints
        if await reader.wait() != 0:
            raise programs.failed("pg_restore", said)
