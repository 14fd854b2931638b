"""Business time: ticks are noted as they appear, and an event's ``now`` is the last tick appended before it."""

import bisect
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from b40_contracts.platform import Ticked

from b40_chassis.hears import Connection, Heard


async def note(connection: Connection, ticks: Sequence[Heard[Ticked]]) -> None:
    """Remember what time it was from when on."""
    if ticks:
        await connection.execute(
            """INSERT INTO b40.tick (now, appended) SELECT * FROM unnest($1::timestamptz[], $2::timestamptz[])
               ON CONFLICT DO NOTHING""",
            [tick.event.now for tick in ticks],
            [tick.appended for tick in ticks],
        )


async def last(connection: Connection) -> datetime | None:
    """What time it is on the platform, or None before its first tick."""
    now: datetime | None = await connection.fetchval("SELECT max(now) FROM b40.tick")
    return now


async def business_times(connection: Connection, events: Sequence[Heard[Any]]) -> dict[datetime, datetime]:
    """The business time at each event's append time.

    Before the first tick it is the second of the append time: a wave of events has one, and so is given in one call.
    """
    moments = sorted({heard.appended for heard in events})
    rows = await connection.fetch(
        """SELECT now, appended FROM b40.tick WHERE appended <= $2 AND appended >= coalesce(
             (SELECT max(appended) FROM b40.tick WHERE appended <= $1), '-infinity') ORDER BY appended, now""",
        moments[0],
        moments[-1],
    )
    appended = [row["appended"] for row in rows]
    times = {}
    for moment in moments:
        before = bisect.bisect_right(appended, moment)
        times[moment] = rows[before - 1]["now"] if before else moment.replace(microsecond=0)
    return times
