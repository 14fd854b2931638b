"""Which tables are read whole, though PostgreSQL was told to avoid it: what is looked for there has no index.

A table that grows with every fact and is read whole with every batch makes an app slower with each year.
"""

from collections.abc import Collection, Mapping
from typing import Any

import asyncpg

from tests.support.stage import Stage

GROWING_IN_EACH = ("b40.inbox", "b40.outbox", "b40.refused", "b40.set_aside")
"""Tables of every app that grow with what it hears and says."""

SCANS = "SELECT schemaname || '.' || relname AS name, seq_scan FROM pg_stat_user_tables"


async def avoid_reading_whole(stage: Stage) -> None:
    """Start the apps of a stage anew, on databases that read a table whole only where nothing else is possible."""
    for name in list(stage.services):
        await stage.stop(name)
        ((database,),) = await _ask(stage, name, "SELECT current_database()")
        await _ask(stage, name, f"ALTER DATABASE {database} SET enable_seqscan = off")
        await stage.start(name)
        await _ask(stage, name, "SELECT pg_stat_reset()")


async def read_whole(stage: Stage, growing: Mapping[str, Collection[str]]) -> set[tuple[str, str]]:
    """Stop the apps. Returns which tables they have read whole since, of those that grow: by app, and in each app.

    Raises KeyError if there is no such table.
    """
    found = set()
    for app in list(stage.services):
        await stage.stop(app)
        scans = {row["name"]: row["seq_scan"] for row in await _ask(stage, app, SCANS)}
        found |= {(app, table) for table in (*growing.get(app, ()), *GROWING_IN_EACH) if scans[table]}
    return found


async def _ask(stage: Stage, app: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(stage.settings[app].database.get_secret_value())
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()
