"""The databases of a platform on this machine, whether it runs or not; if not, PostgreSQL is started for them alone."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from b40_contracts.platform import APPS

from b40_infra import databases
from b40_infra.errors import Trouble
from b40_infra.local import addresses, alone, ports
from b40_infra.local.keys import Keys
from b40_infra.local.postgres import Postgres
from b40_infra.local.process import end_leftover


@asynccontextmanager
async def stored(folder: Path) -> AsyncIterator[Mapping[str, str]]:
    """The address of each app's database, for the role that owns it. One that was lost is there again, and empty.

    Raises Trouble if there never was a platform in the folder.
    """
    if not await asyncio.to_thread((folder / "secrets").exists):
        raise Trouble(f"there is no platform in {folder}: give its --folder, or B40_DATABASE")
    try:
        lock = alone.take_platform(folder)
    except Trouble:  # a platform runs in it
        yield _addresses(folder, Postgres(folder / "postgres", addresses.read(folder).postgres))
        return
    try:
        async with _started(folder) as postgres:
            yield _addresses(folder, postgres)
    finally:
        alone.give_back(lock)


@asynccontextmanager
async def _started(folder: Path) -> AsyncIterator[Postgres]:
    folder = await asyncio.to_thread(folder.resolve)
    logs = folder / "logs"
    end_leftover(logs / "postgres.pid", signal.SIGINT)
    postgres = Postgres(folder / "postgres", ports.free(), logs)
    await asyncio.to_thread(postgres.prepare)
    postgres.child.start()
    try:
        await asyncio.to_thread(postgres.wait)
        keys = Keys(folder / "secrets")
        await databases.ensure(
            postgres.dsn(), {app: databases.Owner(app, keys.secret(app, "database")) for app in APPS}
        )
        yield postgres
    finally:
        await asyncio.to_thread(postgres.stop)


def _addresses(folder: Path, postgres: Postgres) -> dict[str, str]:
    keys = Keys(folder / "secrets")
    return {app: postgres.dsn(app, app, keys.secret(app, "database")) for app in APPS}
