"""Backups are there whole or not at all, and come back only where, and only if, nothing can go wrong."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from b40_chassis import slots
from b40_infra.backup import asking, restoring, taking
from b40_infra.backup.programs import run, without_password
from b40_infra.backup.store import DUMP, MANIFEST, Backup, Manifest, Store, part
from b40_infra.errors import Trouble

from tests.support.ground import until
from tests.support.ledger.app import MIGRATIONS
from tests.support.owned import Owned, owned_database

TABLES = ("public.transfer", "public.balance", "b40.position", "b40.migration", "b40.relay")
FILLED = """INSERT INTO b40.position (hearing, topic, partition, next_offset) VALUES ('main', 'ledger-intake', 3, 41);
  INSERT INTO transfer (account, number, receiver, amount) SELECT 'a', n, 'b', n FROM generate_series(1, 20000) AS n;
  INSERT INTO balance VALUES ('a', -5), ('b', 5)"""

SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = '{}' AND usesysid IS NOT NULL"
DUMPING = "SELECT wait_event_type FROM pg_stat_activity WHERE application_name = 'pg_dump'"
ACCESS = "SELECT datacl::text FROM pg_database WHERE datname = current_database()"


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[Owned]:
    """A ledger's, with something in it."""
    async with owned_database(postgres) as database:
        await database.migrate(MIGRATIONS)
        connection = await asyncpg.connect(database.owner)
        await connection.execute(FILLED)
        await connection.close()
        yield database


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "backups")


async def take(database: Owned, store: Store) -> Backup:
    return await taking.take(database.app, database.owner, store, datetime.now(UTC))


async def restore(database: Owned, backup: Backup, *, replace: bool = False) -> Manifest:
    await until(lambda: left_alone(database))
    return await restoring.restore(database.app, database.owner, backup, replace=replace)


async def left_alone(database: Owned) -> bool:
    """Whether those who were in it are gone: the server takes a moment to notice."""
    return await database.fetch(SESSIONS.format(database.app), address=database.administrator) == [(0,)]


async def kept(database: Owned) -> dict[str, Any]:
    return {table: sorted(await database.fetch(f"TABLE {table}"), key=repr) for table in TABLES}


async def test_what_comes_back_is_what_was_there_and_the_roles_may_what_they_might(
    database: Owned, store: Store
) -> None:
    """INVARIANT: least privilege. Breaks if the app's role gets too much or too little, or if others may come in."""
    backup = await take(database, store)
    before = await kept(database)
    await database.lose()
    await database._administer(f'CREATE DATABASE "{database.app}" OWNER "{database.app}-owner"')
    await restore(database, backup)
    assert await kept(database) == before
    await database.fetch("DELETE FROM balance", address=database.worker)
    await database.fetch(
        "INSERT INTO transfer (account, number, receiver, amount) VALUES ('a', 20001, 'b', 1)", address=database.worker
    )
    for statement in ("TRUNCATE balance", "ALTER TABLE balance ADD extra int", "CREATE TABLE b40.more (n int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.fetch(statement, address=database.worker)
    (access,) = await database.fetch(ACCESS)
    assert "{=" not in access[0], "everybody may come in"
    assert ",=" not in access[0], "everybody may come in"
    await database.migrate(MIGRATIONS)


async def test_a_backup_is_for_its_owner_alone_and_says_what_it_is_of(database: Owned, store: Store) -> None:
    backup = await take(database, store)
    assert {path.stat().st_mode & 0o777 for path in (store.root, backup.folder.parent, backup.folder)} == {0o700}
    assert {path.name: path.stat().st_mode & 0o777 for path in backup.folder.iterdir()} == {
        DUMP: 0o600,
        MANIFEST: 0o600,
    }
    manifest = backup.verified()
    assert manifest.app == database.app
    assert manifest.server.startswith("18.")
    assert [each.next_offset for each in manifest.noted.positions] == [41]
    assert {"frame/0001_frame.sql", "service/0001_ledger.sql"} <= manifest.noted.migrations.keys()


async def test_what_happens_after_it_was_noted_is_not_in_the_dump(database: Owned, tmp_path: Path) -> None:
    """INVARIANT: one snapshot. Breaks if what is noted and what is dumped are of two moments: positions would lie."""
    dump, script = tmp_path / DUMP, tmp_path / "script"
    async with asking.connected(database.owner) as connection, taking._snapshot(connection) as snapshot:
        await database.fetch("UPDATE b40.position SET next_offset = 42")
        await taking._dump(database.owner, snapshot, dump)
    await run("pg_restore", ["--data-only", "--table=position", f"--file={script}", str(dump)])
    assert "main\tledger-intake\t3\t41\t" in script.read_text()


def cut(backup: Backup) -> None:
    content = backup.dump.read_bytes()
    backup.dump.write_bytes(content[: len(content) // 2])


def altered(backup: Backup) -> None:
    content = bytearray(backup.dump.read_bytes())
    content[len(content) // 2] ^= 1
    backup.dump.write_bytes(content)


def told_otherwise(backup: Backup) -> None:
    path = backup.folder / MANIFEST
    path.write_text(path.read_text().replace('"next_offset": 41', '"next_offset": 40'))


DAMAGES: list[Callable[[Backup], object]] = [
    cut,
    altered,
    told_otherwise,
    lambda backup: backup.dump.unlink(),
    lambda backup: (backup.folder / MANIFEST).unlink(),
    lambda backup: (backup.folder / MANIFEST).write_text('{"format": 2}'),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=["cut", "altered", "told otherwise", "no dump", "no manifest", "other"])
async def test_a_damaged_backup_is_refused_and_changes_nothing(
    database: Owned, store: Store, damage: Callable[[Backup], object]
) -> None:
    backup = await take(database, store)
    before = await kept(database)
    damage(backup)
    with pytest.raises(Trouble, match="is damaged: "):
        await restore(database, backup, replace=True)
    assert await kept(database) == before


async def test_a_backup_of_another_app_is_refused(database: Owned, store: Store) -> None:
    backup = await take(database, store)
    moved = Backup(store.root / "another" / backup.name)
    shutil.copytree(backup.folder, moved.folder)
    with pytest.raises(Trouble, match=f"is a backup of {database.app}, not of another"):
        await restoring.restore("another", database.owner, moved, replace=True)
    with pytest.raises(Trouble, match=f"is a backup of {database.app}, not of another"):
        await restoring.restore("another", database.owner, backup, replace=True)


async def test_what_is_not_as_the_manifest_says_is_taken_back(database: Owned, store: Store) -> None:
    """INVARIANT: all or nothing. Breaks if what was there is thrown away before what comes is known to be right."""
    backup = await take(database, store)
    manifest = backup.manifest()
    position = manifest.noted.positions[0].model_copy(update={"next_offset": 42})
    noted = manifest.noted.model_copy(update={"positions": (position,)})
    forged = manifest.model_copy(update={"noted": noted}).summed()
    (backup.folder / MANIFEST).write_text(forged.model_dump_json())
    await database.fetch("DELETE FROM balance")
    before = await kept(database)
    with pytest.raises(Trouble, match=r"psql: ERROR: .*what came is not what the manifest says"):
        await restore(database, backup, replace=True)
    assert await kept(database) == before


async def test_what_cannot_be_read_to_its_end_is_taken_back(database: Owned, store: Store) -> None:
    """Breaks if what came is kept although pg_restore did not come to its end."""
    backup = await take(database, store)
    cut(backup)
    forged = backup.manifest().model_copy(update={"dump": part(backup.dump)}).summed()
    (backup.folder / MANIFEST).write_text(forged.model_dump_json())
    before = await kept(database)
    with pytest.raises(Trouble, match="pg_restore: error: "):
        await restore(database, backup, replace=True)
    assert await kept(database) == before


async def test_a_database_that_holds_something_is_left_alone_unless_it_is_to_be_replaced(
    database: Owned, store: Store
) -> None:
    backup = await take(database, store)
    before = await kept(database)
    await database.fetch("CREATE TABLE later (n int)")
    await database.fetch("DELETE FROM transfer")
    with pytest.raises(Trouble, match="holds something: --replace throws that away; nothing was changed"):
        await restore(database, backup)
    assert await database.fetch("SELECT count(*) FROM transfer") == [(0,)]
    await restore(database, backup, replace=True)
    assert await kept(database) == before
    assert await database.fetch("SELECT to_regclass('later')::text") == [(None,)]


async def test_a_copy_that_runs_is_noticed(database: Owned, store: Store) -> None:
    """Breaks if a database is replaced under an app that works in it."""
    backup = await take(database, store)
    slot = await slots.take_slot(database.worker)
    with pytest.raises(Trouble, match=rf"runs on this database \(b40 slot as {database.app}\): stop all its copies"):
        await restoring.restore(database.app, database.owner, backup, replace=True)
    await slot.give_back()
    await restore(database, backup, replace=True)


async def test_no_copy_begins_to_work_while_a_backup_comes_back(database: Owned) -> None:
    async with asking.connected(database.owner) as connection:
        await restoring._take_alone(database.app, connection)
        with pytest.raises(slots.NoSlot):
            await slots.take_slot(database.worker)
    await until(lambda: left_alone(database))
    slot = await slots.take_slot(database.worker)
    await slot.give_back()


async def test_a_backup_that_is_broken_off_leaves_nothing(database: Owned, store: Store) -> None:
    """Breaks if half a backup can be taken for one."""
    holder = await asyncpg.connect(database.owner)
    async with holder.transaction():
        await holder.execute("LOCK TABLE balance IN ACCESS EXCLUSIVE MODE")
        taking_one = asyncio.create_task(take(database, store))
        await until(lambda: waits(database))
        taking_one.cancel()
        await asyncio.wait([taking_one])
        assert taking_one.cancelled()
        assert [path.name for path in (store.root / database.app).iterdir()] == [".lock"]
        await until(lambda: nobody_waits(database))
    await holder.close()
    assert (await take(database, store)).verified()


async def waits(database: Owned) -> bool:
    """Whether pg_dump has begun, and waits for a table."""
    return await database.fetch(DUMPING, address=database.administrator) == [("Lock",)]


async def nobody_waits(database: Owned) -> bool:
    return await database.fetch(DUMPING, address=database.administrator) == []


def test_no_password_is_among_arguments() -> None:
    """Breaks if whoever lists the processes of the machine is shown a password."""
    bare, password = without_password(
        "postgresql://registry-owner:a%40b%3Ac@postgres:5432/registry?sslmode=verify-full"
    )
    assert bare == "postgresql://registry-owner@postgres:5432/registry?sslmode=verify-full"
    assert password == "a@b:c"
