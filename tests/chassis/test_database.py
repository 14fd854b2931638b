"""Migrations: applied once, by one copy at a time, and never changed afterwards."""

import asyncio
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from b40_chassis.database import MigrationChanged, migrate, open_pool


async def database(postgres: str) -> str:
    name = f"migrations_{uuid4().hex[:8]}"
    administrator = await asyncpg.connect(postgres)
    await administrator.execute(f"CREATE DATABASE {name}")
    await administrator.close()
    return postgres.rpartition("/")[0] + f"/{name}"


async def test_two_copies_migrate_at_once_and_each_file_is_applied_once(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (n int); INSERT INTO first VALUES (1)")
    pools = [await open_pool(address, 5) for address in [await database(postgres)] * 2]
    await asyncio.gather(*(migrate(pool, tmp_path) for pool in pools))
    (tmp_path / "0002_second.sql").write_text("INSERT INTO first VALUES (2)")
    await asyncio.gather(*(migrate(pool, tmp_path) for pool in pools))
    assert [row["n"] for row in await pools[0].fetch("SELECT n FROM first ORDER BY n")] == [1, 2]
    for pool in pools:
        await pool.close()


async def test_a_migration_that_changed_after_it_was_applied_stops_the_start(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (n int)")
    pool = await open_pool(await database(postgres), 5)
    await migrate(pool, tmp_path)
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (n bigint)")
    with pytest.raises(MigrationChanged, match="0001_first"):
        await migrate(pool, tmp_path)
    await pool.close()


async def test_a_failing_migration_leaves_nothing_behind(postgres: str, tmp_path: Path) -> None:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE first (n int); SELECT 1/0")
    pool = await open_pool(await database(postgres), 5)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(pool, tmp_path)
    assert await pool.fetchval("SELECT to_regclass('first')") is None
    await pool.close()
