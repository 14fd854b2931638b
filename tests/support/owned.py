"""A database as the stack's setup makes it: owned by one role, worked in by the app's; it can be lost and made again.

async with owned_database(postgres) as database:
    await database.migrate(MIGRATIONS)
    await database.lose()
    await database.make()
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from b40_chassis import database as chassis
from b40_infra import databases
from b40_infra.databases import OWNER_SUFFIX


@dataclass(frozen=True, slots=True)
class Owned:
    """The database of an app; both roles have their name as password."""

    administrator: str
    app: str

    @property
    def owner(self) -> str:
        """Its address for the owner."""
        return self._address(self.app + OWNER_SUFFIX)

    @property
    def worker(self) -> str:
        """Its address for the app."""
        return self._address(self.app)

    async def make(self) -> None:
        """Make what is missing of it."""
        owner = self.app + OWNER_SUFFIX
        await databases.ensure(self.administrator, {self.app: databases.Owner(owner, owner, self.app)})

    async def lose(self) -> None:
        """Drop it under whoever works in it."""
        await self._administer(f'DROP DATABASE IF EXISTS "{self.app}" WITH (FORCE)')

    async def remove(self) -> None:
        """Leave nothing of it, nor of its roles."""
        await self.lose()
        await self._administer(f'DROP ROLE "{self.app}", "{self.app}{OWNER_SUFFIX}"')

    async def migrate(self, migrations: Path) -> None:
        """Migrate it as its owner."""
        async with await chassis.open_pool(self.owner, 2) as pool:
            await chassis.migrate(pool, migrations)

    async def fetch(self, statement: str, *, address: str | None = None) -> list[Any]:
        """Ask it, by default as its owner; the session is gone when this returns."""
        connection = await asyncpg.connect(address or self.owner)
        try:
            return [tuple(row) for row in await connection.fetch(statement)]
        finally:
            await connection.close()

    def _address(self, role: str) -> str:
        parts = urlsplit(self.administrator)
        return parts._replace(netloc=f"{role}:{role}@{parts.hostname}:{parts.port}", path=f"/{self.app}").geturl()

    async def _administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.administrator)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@asynccontextmanager
async def owned_database(postgres: str) -> AsyncIterator[Owned]:
    """A new one, removed at the end."""
    database = Owned(postgres, f"app-{uuid4().hex[:12]}")
    await database.make()
    try:
        yield database
    finally:
        await database.remove()
