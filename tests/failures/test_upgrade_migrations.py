"""A new copy migrates while old ones work: it gives way to them, and an old copy starts on a newer database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import asyncpg
import pytest
from b40_chassis import database
from b40_chassis.application import Application
from b40_chassis.database import MigrationBlocked, MigrationChanged, migrate, open_pool
from b40_chassis.hears import Heard, Hears
from b40_chassis.work import Work

from tests.chassis.library import BookReported, LoanReported, PageReported, ShelfReported, Switches, library
from tests.support.databases import empty_database, migrated_database
from tests.support.ground import until
from tests.support.stage import Stage

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
WIDER = "ALTER TABLE shelf ADD COLUMN colour text"


@pytest.fixture
def migrations(tmp_path: Path) -> Path:
    (tmp_path / "0001_shelf.sql").write_text("CREATE TABLE shelf (name text); INSERT INTO shelf VALUES ('s')")
    return tmp_path


async def waits(pool: Pool) -> bool:
    """Whether somebody waits for the table alone, so that all who come later would wait behind."""
    found: bool = await pool.fetchval(
        """SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'shelf'::regclass AND mode = 'AccessExclusiveLock'
             AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"""
    )
    return found


@asynccontextmanager
async def two_copies(postgres: str, migrations: Path) -> AsyncIterator[tuple[Pool, Pool]]:
    """The pools of a new copy and of an old one, on a database that the old one migrated."""
    async with empty_database(postgres) as address:
        new, old = [await open_pool(address, 2) for _ in range(2)]
        try:
            await migrate(old, migrations)
            yield new, old
        finally:
            new.terminate()
            old.terminate()


async def test_a_migration_gives_way_to_a_long_transaction(
    postgres: str, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a migration waits for its lock for as long as it takes: everybody waits behind it."""
    monkeypatch.setattr(database, "LOCK_SECONDS_MAX", 0.5)
    async with two_copies(postgres, migrations) as (pool, other):
        async with other.acquire() as old, old.transaction():
            await old.execute("SELECT * FROM shelf FOR UPDATE")
            (migrations / "0002_wider.sql").write_text(WIDER)
            migrating = asyncio.create_task(migrate(pool, migrations))
            await until(lambda: waits(other))
            assert await other.fetchval("SELECT name FROM shelf", timeout=5) == "s"
            assert not migrating.done()
        await asyncio.wait_for(migrating, 20)
        assert await pool.fetchval("SELECT colour FROM shelf") is None


async def test_a_migration_that_is_held_up_for_too_long_says_so(
    postgres: str, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "LOCK_SECONDS_MAX", 0.1)
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.5)
    async with two_copies(postgres, migrations) as (pool, other), other.acquire() as old, old.transaction():
        await old.execute("SELECT * FROM shelf FOR UPDATE")
        (migrations / "0002_wider.sql").write_text(WIDER)
        with pytest.raises(MigrationBlocked, match=r"service/0002_wider\.sql: others held"):
            await migrate(pool, migrations)
        async with pool.acquire() as migrating:
            await database._wait_for_turn(migrating)
            with pytest.raises(MigrationBlocked, match="another copy migrates"):
                await migrate(other, migrations)


async def test_a_migration_that_takes_too_long_says_so_and_leaves_nothing_behind(
    postgres: str, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a script may take as long as it likes, while its locks hold the old copies up."""
    async with empty_database(postgres) as address:
        old = await open_pool(address, 2)
        await migrate(old, migrations)
        monkeypatch.setattr(database, "COMMAND_SECONDS_MAX", 5)
        new = await open_pool(address, 2)
        (migrations / "0002_wider.sql").write_text(f"{WIDER}; SELECT pg_sleep(30)")
        with pytest.raises(MigrationBlocked, match=r"service/0002_wider\.sql: longer than 5 s"):
            await migrate(new, migrations)
        assert await old.fetchval("SELECT count(*) FROM pg_attribute WHERE attname = 'colour'") == 0
        new.terminate()
        old.terminate()


async def test_a_copy_that_freezes_while_it_migrates_does_not_keep_the_others_out(
    postgres: str, migrations: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if the lock of migrations lives as long as its session, and that for ever."""
    monkeypatch.setattr(database, "FROZEN_SECONDS_MAX", 1)
    async with two_copies(postgres, migrations) as (pool, other):
        (migrations / "0002_wider.sql").write_text(WIDER)
        async with pool.acquire() as frozen:
            await database._wait_for_turn(frozen)
            await asyncio.wait_for(migrate(other, migrations), 20)
        assert await other.fetchval("SELECT colour FROM shelf") is None


async def test_a_changed_migration_stops_the_start_before_anything_is_applied(postgres: str, migrations: Path) -> None:
    """Breaks if files are checked one by one as they are applied: half of the new ones would be in."""
    async with migrated_database(postgres, migrations) as pool:
        await pool.execute("UPDATE b40.migration SET checksum = 'other' WHERE name = 'service/0001_shelf.sql'")
        (migrations / "0000_earlier.sql").write_text("CREATE TABLE earlier (n int)")
        with pytest.raises(MigrationChanged, match="0001_shelf"):
            await migrate(pool, migrations)
        assert await pool.fetchval("SELECT to_regclass('earlier')") is None


async def test_an_old_copy_starts_on_a_newer_database(postgres: str, migrations: Path) -> None:
    """Breaks if what a database knows and a copy does not is taken for a fault: nobody could go back."""
    async with migrated_database(postgres, migrations) as pool:
        newer = migrations / "0002_wider.sql"
        newer.write_text(WIDER)
        await migrate(pool, migrations)
        newer.unlink()
        await migrate(pool, migrations)
        assert await pool.fetchval("SELECT count(*) FROM b40.migration WHERE name LIKE 'service/%'") == 2


async def test_a_migration_under_a_running_copy_blames_no_record(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if a statement that the migration outdated counts as a fault of the data: good records are set aside."""
    hears, outdated = Hears("library", ignores=[BookReported, PageReported, LoanReported]), []

    @hears.each(ShelfReported)
    async def put_up(heard: Heard[ShelfReported], work: Work) -> None:
        await work.connection.execute("INSERT INTO shelf VALUES ($1)", heard.event.shelf)
        try:
            await work.connection.fetch("SELECT * FROM shelf WHERE shelf = $1", heard.event.shelf)
        except asyncpg.InvalidCachedStatementError:
            outdated.append(heard.event.shelf)
            raise

    base = library(Switches())
    application = Application(name="library", topics=base.topics, hears=hears, migrations=base.migrations)
    async with Stage(kafka, postgres, application) as stage:
        pool = stage.services["library"].frame.pool
        count = 0
        while not outdated and count < 20:
            await stage.publish(ShelfReported(shelf=f"before {count}"))
            await stage.quiet()
            await pool.execute(f"ALTER TABLE shelf ADD COLUMN added_{count} int")
            await stage.publish(ShelfReported(shelf=f"after {count}"))
            await stage.quiet()
            count += 1
        assert outdated, "the statement was outdated"
        assert (await stage.services["library"].status())["dead"] == 0
        assert await pool.fetchval("SELECT count(*) FROM shelf") == 2 * count
