"""Keys of persons are in no backup of a database, have backups of their own, and come back with it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from b40_infra.backup import restoring, taking
from b40_infra.backup.programs import run
from b40_infra.backup.store import Backup, Store
from b40_notify.app import application as notify

from tests.infra.test_backup import left_alone
from tests.infra.test_command_backup import b40
from tests.support.ground import until
from tests.support.ledger.app import MIGRATIONS
from tests.support.owned import Owned, owned_database

KEPT = "SELECT key FROM keys.recipient ORDER BY key"
ADDED = "INSERT INTO keys.recipient VALUES (gen_random_uuid(), '{}')"
ERASED = "DELETE FROM keys.recipient WHERE key = '{}'"


@pytest.fixture
async def database(postgres: str) -> AsyncIterator[Owned]:
    """Notify's, with a key."""
    async with owned_database(postgres) as database:
        await database.migrate(notify.migrations)
        await database.fetch(ADDED.format("first key"), address=database.worker)
        yield database


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "backups")


async def take(database: Owned, store: Store) -> Backup:
    backup = await taking.take(database.app, database.owner, store, datetime.now(UTC))
    assert await taking.take_keys(database.app, database.owner, store, datetime.now(UTC)) is not None
    return backup


async def restore(database: Owned, store: Store, backup: Backup, *, replace: bool) -> None:
    await until(lambda: left_alone(database))
    keys = store.newest_keys(database.app)
    await restoring.restore(database.app, database.owner, backup, keys=keys, replace=replace)


async def test_a_backup_of_the_database_has_no_key(database: Owned, store: Store, tmp_path: Path) -> None:
    """INVARIANT: an erased key is forgotten. Breaks if a backup that is kept for long has it."""
    backup = await take(database, store)
    keys = store.newest_keys(database.app)
    assert keys is not None
    for each, there in ((backup, False), (keys, True)):
        await run("pg_restore", ["--file", str(tmp_path / "script"), str(each.dump)])
        assert (b"first key".hex() in (tmp_path / "script").read_text()) is there


async def test_a_lost_database_gets_the_keys_of_their_newest_backup(database: Owned, store: Store) -> None:
    """Breaks if a restored app cannot read whom it knows, or reads who was erased since."""
    await database.fetch(ADDED.format("to be erased"))
    backup = await take(database, store)
    await database.fetch(ERASED.format("to be erased"))
    await database.fetch(ADDED.format("later key"))
    assert await taking.take_keys(database.app, database.owner, store, datetime.now(UTC)) is not None
    await database.lose()
    await database.make()
    await restore(database, store, backup, replace=False)
    assert await database.fetch(KEPT, address=database.worker) == [(b"first key",), (b"later key",)]


async def test_keys_that_are_still_there_stay(database: Owned, store: Store) -> None:
    """Breaks if replacing a database brings a key back that was erased since, or loses one that came since."""
    backup = await take(database, store)
    await database.fetch(ERASED.format("first key"))
    await database.fetch(ADDED.format("later key"))
    await restore(database, store, backup, replace=True)
    assert await database.fetch(KEPT, address=database.worker) == [(b"later key",)]


async def test_an_app_without_persons_has_no_keys(postgres: str, store: Store) -> None:
    async with owned_database(postgres) as database:
        await database.migrate(MIGRATIONS)
        assert await taking.take_keys(database.app, database.owner, store, datetime.now(UTC)) is None


async def test_the_command_takes_lists_restores_and_prunes_both(
    database: Owned, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("B40_DATABASE", database.owner)
    monkeypatch.setenv("B40_BACKUPS", str(store.root))
    for words in (["--all"], [database.app, "--keys"]):
        await b40("backup", *words)
    app, keys = database.app, f"{database.app}-keys"
    assert (len(store.backups(app)), len(store.backups(keys))) == (1, 2)
    listed = (await b40("backups", "list")).output.splitlines()[1:]
    assert [line.split()[0] for line in listed] == [app, keys, keys]
    await b40("backups", "prune", "--keep", "5", "--keep-keys", "1")
    assert (len(store.backups(app)), len(store.backups(keys))) == (1, 1)
    await until(lambda: left_alone(database))
    await b40("restore", app, "--replace")
    assert await database.fetch(KEPT) == [(b"first key",)]
