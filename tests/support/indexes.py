"""Which tables are read whole, though PostgreSQL was told to avoid it: what is looked for there has no index.

A table that grows with every fact and is read whole with every batch makes an app slower with each year.
"""

from typing import Any

import asyncpg

from tests.support.stage import Stage

GROWING_IN_EACH = {"b40.inbox", "b40.outbox", "b40.archive", "b40.refused", "b40.set_aside"}
"""Tables of every app that grow with what it hears and says."""

READ_WHOLE = "SELECT schemaname || '.' || relname AS name FROM pg_stat_user_tables WHERE seq_scan > 0"


async def avoid_reading_whole(stage: Stage) -> None:
    """Start the apps of a stage anew, on databases that read a table whole only where nothing else is possible."""
    for name in list(stage.services):
        await stage.stop(name)
        await _ask(
            stage,
            name,
            "DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET enable_seqscan = off'; END $$",
        )
        await stage.start(name)
        await _ask(stage, name, "SELECT pg_stat_reset()")


async def read_whole(stage: Stage) -> dict[str, set[str]]:
    """Stop the apps. Returns for each the tables that it has read whole since."""
    found = {}
    for name in list(stage.services):
        await stage.stop(name)
        found[name] = {row["name"] for row in await _ask(stage, name, READ_WHOLE)}
    return found


async def _ask(stage: Stage, app: str, statement: str) -> list[Any]:
    connection = await asyncpg.connect(stage.settings[app].database.get_secret_value())
    try:
        return list(await connection.fetch(statement))
    finally:
        await connection.close()
