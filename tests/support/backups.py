"""Backups of an app's database, as pg_dump takes them from a running one, and their return under the same name.

Keys of persons are not in it: those that there are when it comes back stay, as if a backup of them had just been taken.

backup = await back_up(address, folder)       # one snapshot; nobody notices
...
await restore(postgres, address, backup)      # also under running copies: their sessions end, the database is another
"""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
from b40_infra.backup.asking import KEEPS_KEYS
from b40_infra.local.programs import binary

Backup = Path


async def back_up(address: str, folder: Path) -> Backup:
    """Take a backup of a database."""
    backup = folder / f"{uuid4().hex}.dump"
    await _run("pg_dump", "--format=custom", "--exclude-table-data=keys.*", f"--file={backup}", address)
    return backup


async def restore(postgres: str, address: str, backup: Backup) -> None:
    """Throw the database away as it is and put the backup in its place; copies that run are cut off."""
    name = urlsplit(address).path.removeprefix("/")
    fresh, lost = f"{name}_{uuid4().hex[:8]}", f"{name}_lost"
    parts = [backup, *await _keys(address, backup.with_name(f"{fresh}.keys"))]
    administrator = await asyncpg.connect(postgres)
    try:
        await administrator.execute(f'CREATE DATABASE "{fresh}"')
        for each in parts:
            await _run("pg_restore", f"--dbname={urlsplit(postgres)._replace(path=f'/{fresh}').geturl()}", str(each))
        await administrator.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await administrator.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name
        )
        await administrator.execute(f'ALTER DATABASE "{name}" RENAME TO "{lost}"')
        await administrator.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')
        await administrator.execute(f'DROP DATABASE "{lost}" WITH (FORCE)')
    finally:
        await administrator.close()


async def _keys(address: str, file: Path) -> list[Path]:
    connection = await asyncpg.connect(address)
    try:
        keeps_keys = await connection.fetchval(KEEPS_KEYS)
    finally:
        await connection.close()
    if not keeps_keys:
        return []
    await _run("pg_dump", "--format=custom", "--data-only", "--table=keys.*", f"--file={file}", address)
    return [file]


async def _run(program: str, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(str(binary(program)), *arguments, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    assert process.returncode == 0, f"{program}: {said.decode()[-500:]}"
