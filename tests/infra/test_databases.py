"""A database for each app: one role owns and migrates it, another works in it, and nobody else comes in."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
from b40_chassis.database import NotMigrated, migrate, migrated, open_pool
from b40_infra import databases
from b40_registry.app import application


@dataclass(frozen=True, slots=True)
class Two:
    """Two apps with a database each, on a server that has others."""

    administrator: str
    one: str
    other: str

    def address(self, role: str, database: str) -> str:
        parts = urlsplit(self.administrator)
        return parts._replace(netloc=f"{role}:{role}@{parts.hostname}:{parts.port}", path=f"/{database}").geturl()

    def owner(self, app: str) -> str:
        return self.address(f"{app}-owner", app)

    def worker(self, app: str) -> str:
        return self.address(app, app)


@pytest.fixture
async def two(postgres: str) -> AsyncIterator[Two]:
    apps = [f"app-{uuid4().hex[:12]}" for _ in range(2)]
    owners = {app: databases.Owner(f"{app}-owner", f"{app}-owner", app) for app in apps}
    await databases.ensure(postgres, owners)
    await databases.ensure(postgres, owners)
    try:
        yield Two(postgres, *apps)
    finally:
        connection = await asyncpg.connect(postgres)
        for app in apps:
            await connection.execute(f'DROP DATABASE "{app}" WITH (FORCE)')
            await connection.execute(f'DROP ROLE "{app}", "{app}-owner"')
        await connection.close()


async def test_the_owner_migrates_and_the_app_works_with_what_is_there(two: Two) -> None:
    async with await open_pool(two.owner(two.one), 2) as owner:
        await migrate(owner, application.migrations)
    async with await open_pool(two.worker(two.one), 2) as app:
        await migrated(app, application.migrations)
        await app.execute("INSERT INTO b40.tick (now) SELECT now() WHERE false")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("ALTER TABLE b40.inbox ADD COLUMN extra int")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("CREATE TABLE b40.more (n int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("TRUNCATE b40.inbox")


async def test_an_app_whose_owner_has_not_migrated_says_so(two: Two) -> None:
    async with await open_pool(two.worker(two.one), 2) as app:
        with pytest.raises(NotMigrated, match="run this app with --migrate, as the database's owner"):
            await migrated(app, application.migrations)


async def test_nobody_comes_into_the_database_of_another(two: Two) -> None:
    """INVARIANT: the two hands share nothing. Breaks if PUBLIC may connect."""
    for role in (two.other, f"{two.other}-owner"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="permission denied for database"):
            await asyncpg.connect(two.address(role, two.one))


async def test_neither_role_may_make_databases_or_roles(two: Two) -> None:
    connection = await asyncpg.connect(two.administrator)
    found = await connection.fetch(
        """SELECT rolname FROM pg_roles WHERE rolname LIKE 'app-%'
           AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)"""
    )
    await connection.close()
    assert found == []


async def test_an_app_waits_for_its_owner(two: Two) -> None:
    """Breaks if an app that is started beside its migration ends instead of waiting."""
    from b40_chassis.errors import patiently

    async with await open_pool(two.worker(two.one), 2) as app, await open_pool(two.owner(two.one), 2) as owner:
        waiting = asyncio.create_task(patiently(lambda: migrated(app, application.migrations)))
        await migrate(owner, application.migrations)
        async with asyncio.timeout(10):
            await waiting
