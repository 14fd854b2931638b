"""Forgetting: what is older than the memory leaves the database, in chunks, so that no lock is held for long."""

import asyncio

import structlog
from b40_contracts.topic import MEMORY_DAYS

from b40_chassis import metrics
from b40_chassis.database import session
from b40_chassis.errors import describe
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection

log = structlog.get_logger()

FORGET_LOCK = 0xB40_0002
KEPT_DAYS = MEMORY_DAYS + 8
"""Kafka keeps a record up to a week (``segment.ms``) beyond its retention: what is read again is known."""
ROWS_AT_ONCE = 5_000
PAUSE_SECONDS = 0.02
EVERY_SECONDS = 600

FORGOTTEN = {
    "inbox": "appended < $1",
    "outbox": "sent < $1",
    "intake": "accepted < $1",
    "refused": "since < $1",
    "set_aside": "appended < $1 AND state = 'discarded'",
    "tick": "appended < $1 AND appended < (SELECT max(appended) FROM b40.tick)",  # the last one says what time it is
}
"""Tables of the frame, and what of them is forgotten."""


class Forgetting:
    """Forgets now and then. Of several copies one does it."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    async def run(self) -> None:
        """Forget until cancelled."""
        while True:
            try:
                await self.forget()
            except Exception as error:
                log.warning("forgetting pauses", error=describe(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def forget(self) -> int:
        """Forget all that is older than the memory, unless another copy is about it. Returns how many rows."""
        async with session(self._frame.pool) as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", FORGET_LOCK):
                return 0
            return sum([await self._forget_of(connection, table) for table in FORGOTTEN])

    async def _forget_of(self, connection: Connection, table: str) -> int:
        until = await connection.fetchval("SELECT now() - make_interval(days => $1)", KEPT_DAYS)
        rows = 0
        while True:
            done: str = await connection.execute(
                f"""DELETE FROM b40.{table} WHERE ctid = ANY(ARRAY(
                      SELECT ctid FROM b40.{table} WHERE {FORGOTTEN[table]} LIMIT {ROWS_AT_ONCE}))""",  # noqa: S608
                until,
            )
            gone = int(done.removeprefix("DELETE "))
            rows += gone
            metrics.forgotten.add(gone, table=table)
            if gone < ROWS_AT_ONCE:
                return rows
            await asyncio.sleep(PAUSE_SECONDS)
