"""Migrations: applied once, by one copy at a time, and never changed afterwards."""

import asyncio
from pathlib import Path

import asyncpg
import pytest
from b40_chassis.database import MigrationChanged, migrate, open_pool, session

from tests.support.databases import empty_database, migrated_database


async def test_two_copies_migrate_at_once_and_each_file_is_applied_once(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (n int); INSERT INTO first VALUES (1)")
    async with empty_database(postgres) as address:
        pools = [await open_pool(address, 5) for _ in range(2)]
        await asyncio.gather(*(migrate(pool, tmp_path) for pool in pools))
        (tmp_path / "0002_second.sql").write_text("INSERT INTO first VALUES (2)")
        await asyncio.gather(*(migrate(pool, tmp_path) for pool in pools))
        assert [row["n"] for row in await pools[0].fetch("SELECT n FROM first ORDER BY n")] == [1, 2]
        for pool in pools:
            await pool.close()


async def test_a_migration_that_changed_after_it_was_applied_stops_the_start(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (n int)")
    async with migrated_database(postgres, tmp_path) as pool:
        (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (n bigint)")
        with pytest.raises(MigrationChanged, match="0001_first"):
            await migrate(pool, tmp_path)


async def test_a_failing_migration_leaves_nothing_behind(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (n int); SELECT 1/0")
    async with empty_database(postgres) as address:
        pool = await open_pool(address, 5)
        with pytest.raises(asyncpg.DivisionByZeroError):
            await migrate(pool, tmp_path)
        assert await pool.fetchval("SELECT to_regclass('first')") is None
        await pool.close()


async def test_what_a_session_holds_ends_with_its_use(postgres: str) -> None:
    """Breaks if a connection comes back to the pool with its locks and settings: whoever has it next has them too."""
    async with empty_database(postgres) as address:
        pool = await open_pool(address, 2)
        async with session(pool) as connection:
            await connection.execute("SET lock_timeout = '77ms'")
            assert await connection.fetchval("SELECT pg_try_advisory_lock(77)")
        async with pool.acquire() as one, pool.acquire() as other:
            for each in (one, other):
                assert await each.fetchval("SHOW lock_timeout") == "0"
                assert await each.fetchval("SELECT pg_try_advisory_xact_lock(77)")
        await pool.close()
