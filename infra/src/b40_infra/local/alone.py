"""One platform to a folder: the lock goes with the process that holds it, however it ends."""

import fcntl
import os
from pathlib import Path

from b40_infra.errors import Trouble


def take(folder: Path) -> int:
    """Take a folder, made if it is missing, for a platform. Raises Trouble if one runs in it."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Trouble(f"a platform runs in {folder} already: end that one first") from None
    return lock


def give_back(lock: int) -> None:
    """Let the folder go."""
    os.close(lock)
