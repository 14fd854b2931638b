"""PostgreSQL's disk is full: the copy waits, goes on by itself when there is room again, and loses nothing."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from b40_infra.local import ports
from b40_infra.local.postgres import Postgres

from tests.support.ground import Findings, Ground, until

DISK_MEGABYTES = 160
CHUNK = bytes(1_000_000)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of so many megabytes; making one takes the rights of root."""
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=755", "tmpfs"]
    made = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.fail(f"a small disk needs the right to mount a tmpfs (run as root): {made.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def running(folder: Path, logs: Path) -> Iterator[Postgres]:
    """A PostgreSQL of the test's own."""
    part = Postgres(folder, ports.free(), logs)
    part.prepare()
    part.child.start()
    try:
        part.wait()
        yield part
    finally:
        part.stop()


def fill(balloon: Path) -> None:
    """Take all room that is left."""
    with balloon.open("wb", buffering=0) as file:
        try:
            while file.write(CHUNK):
                pass
        except OSError:
            return


async def test_a_copy_waits_for_room_on_the_disk_and_goes_on(kafka: str, tmp_path: Path) -> None:
    """Breaks if a full disk counts as a fault of the data: good records are set aside, or the copy gives up."""
    with small_disk(tmp_path / "disk") as disk, running(disk / "postgres", tmp_path) as part:
        async with Ground(kafka, part.dsn(), tmp_path) as ground:
            [copy] = await ground.started("a")
            await ground.give(200)
            await ground.settled()
            fill(disk / "balloon")

            async def suffers() -> bool:
                await ground.give(500)
                return copy.child.log.read_text("utf-8").count("a batch comes again") >= 3

            await until(suffers, 60)
            assert copy.child.alive
            (disk / "balloon").unlink()
            if not part.child.alive:  # without room for its log PostgreSQL ends; its supervisor starts it again
                await asyncio.to_thread(part.child.start)
                await asyncio.to_thread(part.wait)
            await ground.settled(90)
            assert await ground.findings() == Findings()
            assert await ground.query("SELECT * FROM b40.set_aside") == []
