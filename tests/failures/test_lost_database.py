"""A database that is lost while all of it works, and comes back by `b40 restore`: nothing is lost, nothing doubled."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from b40_infra.backup import restoring, taking
from b40_infra.backup.store import Store

from tests.support.ground import Findings, Ground, until
from tests.support.ledger.app import MIGRATIONS
from tests.support.owned import owned_database


async def test_a_database_lost_under_load_comes_back_and_the_books_are_as_if_nothing_had_happened(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    """Breaks if a backup is not one snapshot, if positions are not in it, or if the app's role cannot work in it."""
    store = Store(tmp_path / "backups")
    async with owned_database(postgres) as database, Ground(kafka, postgres, tmp_path) as ground:
        ground.database = database.worker
        await database.migrate(MIGRATIONS)
        copy = ground.copy("a", B40_MIGRATES="false")
        copy.start()
        await ground.give(2_000, doubled=True)
        await until(lambda: booked(ground, 200))
        backup = await taking.take(database.app, database.owner, store, datetime.now(UTC))

        giving = asyncio.create_task(ground.give(3_000))
        await until(lambda: booked(ground, 2_500))
        await database.lose()
        await giving
        copy.kill()

        await database.make()
        await restoring.restore(database.app, database.owner, backup)
        assert 200 <= len(await ground.booked()) < 2_500
        copy.start()
        await ground.settled()
        assert await ground.findings() == Findings()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.fetch("CREATE TABLE more (n int)", address=database.worker)


async def booked(ground: Ground, transfers: int) -> bool:
    return len(await ground.booked()) >= transfers
