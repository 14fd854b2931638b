"""Small disks that can be filled: each a tmpfs, if the kernel lets us mount one."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FILL = "fill"
CHUNK_BYTES = 1024 * 1024
LAST_BYTES = 4096


class Disk:
    """A disk of its own at ``folder``; ``mounted`` says whether it is one, or a plain folder that cannot be filled."""

    def __init__(self, folder: Path, mounted: bool) -> None:
        self.folder = folder
        self.mounted = mounted

    def fill(self) -> None:
        """Leave no byte free."""
        assert self.mounted, f"{self.folder} is no disk of its own"
        with (self.folder / FILL).open("ab", buffering=0) as file:
            for size in (CHUNK_BYTES, LAST_BYTES):
                with suppress(_Full):
                    while True:
                        _write(file.fileno(), size)

    def free(self) -> None:
        """Take the filling away."""
        (self.folder / FILL).unlink(missing_ok=True)


class _Full(OSError):
    pass


def _write(file: int, size: int) -> None:
    try:
        if os.write(file, bytes(size)) < size:
            raise _Full
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise _Full from error
        raise


@contextmanager
def disk(folder: Path, size: int) -> Iterator[Disk]:
    """A disk of so many bytes at a new folder; a plain folder where mounting is not allowed."""
    folder.mkdir(parents=True)
    mounted = os.geteuid() == 0 and _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield Disk(folder, mounted)
    finally:
        if mounted:
            _run("umount", "--lazy", str(folder))


def _run(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0
    except FileNotFoundError:
        return False
