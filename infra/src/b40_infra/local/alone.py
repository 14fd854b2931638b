"""One process at a time: a lock goes with the process that holds it, however it ends."""

import fcntl
import os
from pathlib import Path

from b40_infra.errors import Trouble

PLATFORM = "lock"
"""In the folder of a platform."""


def take(lock: Path, busy: str) -> int:
    """Take a lock, a file that is made with its folder if it is missing. Raises Trouble, ``busy``, if it is taken."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise Trouble(busy) from None
    return descriptor


def take_platform(folder: Path) -> int:
    """Take a folder for a platform. Raises Trouble if one runs in it."""
    return take(folder / PLATFORM, f"a platform runs in {folder} already: end that one first")


def give_back(descriptor: int) -> None:
    """Let the lock go."""
    os.close(descriptor)
