"""What is asked of a database around a backup, as the role that owns it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg

from b40_infra.errors import Trouble

SESSION = {
    "application_name": "b40 backup",
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",
}
NOTED = """SELECT json_build_object(
  'migrations', (SELECT json_object_agg(name, encode(checksum, 'hex')) FROM b40.migration),
  'positions', coalesce((SELECT json_agg(json_build_object(
      'hearing', hearing, 'topic', topic, 'partition', partition, 'next_offset', next_offset)
      ORDER BY hearing, topic, partition) FROM b40.position), '[]'::json))"""
"""What is noted of a database beside its dump, and looked for when it came back."""
KEEPS_KEYS = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'keys')"
"""Whether an app keeps keys of persons, and has them."""
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


@asynccontextmanager
async def connected(address: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A session that lasts as long as this. Raises Trouble."""
    try:
        connection = await asyncpg.connect(address, server_settings=SESSION, timeout=15)
    except AWAY as error:
        name = urlsplit(address).path.removeprefix("/")
        raise Trouble(f"the database {name} cannot be reached: {error or type(error).__name__}") from None
    try:
        yield connection
    finally:
        connection.terminate()


def quoted(text: str) -> str:
    """A literal in SQL."""
    return "'" + text.replace("'", "''") + "'"
