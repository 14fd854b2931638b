"""Needs and gifts that chance left for a later batch: how often, and when last."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection


async def note(connection: Connection, ids: Sequence[UUID], hour: datetime) -> None:
    """A batch is decided that leaves these; no further one of this hour takes them."""
    await _put(connection, ids, hour, times=0)


async def count(connection: Connection, ids: Sequence[UUID], hour: datetime) -> None:
    """A batch that left these takes effect."""
    await _put(connection, ids, hour, times=1)


async def forget(connection: Connection, ids: Sequence[UUID]) -> None:
    """These cannot be left any more."""
    await connection.execute("DELETE FROM left_out WHERE id = ANY($1)", ids)


async def _put(connection: Connection, ids: Sequence[UUID], hour: datetime, *, times: int) -> None:
    await connection.execute(
        """INSERT INTO left_out AS before (id, times, due) SELECT unnest($1::uuid[]), $2, $3
           ON CONFLICT (id) DO UPDATE SET times = before.times + $2, due = greatest(before.due, $3)""",
        sorted(ids),
        times,
        hour,
    )
