"""The world that faults happen in: Kafka, PostgreSQL and their disks, proxies, copies of the ledger kept alive."""

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from b40_infra.local import ports
from b40_infra.local.kafka import Kafka
from b40_infra.local.postgres import Postgres

from tests.chaos.disk import Disk, disk
from tests.chaos.kept import Kept
from tests.support.copies import Copy
from tests.support.ground import Ground, until
from tests.support.proxy import Proxy

MEBIBYTE = 1024 * 1024
DATA_BYTES, DATA_BYTES_PER_SECOND = 400 * MEBIBYTE, MEBIBYTE
WAL_BYTES = 256 * MEBIBYTE
SETTINGS = "max_wal_size = '64MB'\nmin_wal_size = '32MB'\n"
READY_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A copy of the ledger, kept alive, and the lines between it and each side."""

    copy: Copy
    kept: Kept
    links: dict[str, Proxy]


@dataclass(frozen=True, slots=True)
class World:
    """All that can be harmed."""

    kafka: Kafka
    postgres: Postgres
    kept_kafka: Kept
    kept_postgres: Kept
    disks: dict[str, Disk]
    ground: Ground
    copies: Sequence[Running]

    async def all_ready(self) -> bool:
        """Whether all copies say that they are ready."""
        return all([await running.copy.ready() for running in self.copies])


@asynccontextmanager
async def world(folder: Path, copies: int, seconds: float) -> AsyncIterator[World]:
    """Everything, running and ready. Logs lie in ``folder``, data in a folder under it that is removed at the end."""
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder / "data", ignore_errors=True)
        data_bytes = DATA_BYTES + int(seconds) * DATA_BYTES_PER_SECOND
        disks = {
            "disk": stack.enter_context(disk(folder / "data" / "postgres", data_bytes)),
            "wal": stack.enter_context(disk(folder / "data" / "wal", WAL_BYTES)),
        }
        postgres_port = ports.free()
        links = [await _links(stack, postgres_port) for _ in range(copies)]
        kafka = Kafka(
            folder / "data" / "kafka",
            ports.free(),
            ports.free(),
            folder,
            proxied=[(each["kafka"].target_port, each["kafka"].port) for each in links],
        )
        kafka.prepare()
        postgres = _postgres(folder, postgres_port, disks["wal"])
        kept_kafka, kept_postgres = [await stack.enter_async_context(Kept(each.child)) for each in (kafka, postgres)]
        for part in (kafka, postgres):
            await answering(part)
        ground = await stack.enter_async_context(Ground(kafka.bootstrap, postgres.dsn(), folder))
        running = [await _running(stack, ground, f"copy-{number}", each) for number, each in enumerate(links)]
        made = World(kafka, postgres, kept_kafka, kept_postgres, disks, ground, running)
        await until(made.all_ready, READY_SECONDS_MAX)
        yield made


def signal_to(copy: Copy, number: signal.Signals) -> int | None:
    """Send a signal to a copy. Returns its process, None if it does not run."""
    pid = copy.child.pid
    if pid is not None:
        os.kill(pid, number)
    return pid


async def answering(part: Kafka | Postgres) -> None:
    """Return when the part answers. Raises TimeoutError."""
    await until(lambda: asyncio.to_thread(part.answers), READY_SECONDS_MAX)


async def _links(stack: AsyncExitStack, postgres_port: int) -> dict[str, Proxy]:
    targets = {"kafka": ports.free(), "postgres": postgres_port}
    return {side: await stack.enter_async_context(Proxy(port)) for side, port in targets.items()}


async def _running(stack: AsyncExitStack, ground: Ground, name: str, links: dict[str, Proxy]) -> Running:
    database = urlsplit(ground.database)
    who = database.netloc.rpartition("@")[0]
    copy = ground.copy(
        name,
        B40_KAFKA=f"{ports.HOST}:{links['kafka'].port}",
        B40_DATABASE=database._replace(netloc=f"{who}@{ports.HOST}:{links['postgres'].port}").geturl(),
    )
    return Running(copy, await stack.enter_async_context(Kept(copy.child)), links)


def _postgres(folder: Path, port: int, wal: Disk) -> Postgres:
    part = Postgres(folder / "data" / "postgres", port, folder)
    part.prepare()
    data = part.folder / "data"
    with (data / "postgresql.auto.conf").open("a") as file:
        file.write(SETTINGS)
    target = wal.folder / "pg_wal"
    shutil.copytree(data / "pg_wal", target)
    for path in (target, *target.rglob("*")):
        os.chown(path, data.stat().st_uid, data.stat().st_gid)
        path.chmod(0o700 if path.is_dir() else 0o600)
    shutil.rmtree(data / "pg_wal")
    (data / "pg_wal").symlink_to(target)
    return part
