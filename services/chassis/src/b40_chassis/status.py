"""One look at an app: what is on its way, what waits, what is wrong. All of it one snapshot of the database."""

from typing import Any

from b40_chassis.frame import Frame

SNAPSHOT = """
SELECT (SELECT coalesce(sum(cardinality(topics)), 0) FROM b40.outbox) AS outbox,
       (SELECT count(*) FROM b40.task) AS tasks,
       (SELECT count(*) FROM b40.set_aside WHERE state IN ('waiting', 'behind')) AS waiting,
       (SELECT count(*) FROM b40.set_aside WHERE state = 'released') AS released,
       (SELECT count(*) FROM b40.set_aside WHERE state IN ('unreadable', 'failed')) AS dead,
       (SELECT count(*) FROM b40.due_set_aside) AS due_aside,
       (SELECT coalesce(sum(duplicates), 0) FROM b40.position) AS duplicates,
       (SELECT count(*) FROM b40.refused) AS refused,
       (SELECT json_agg(lowest) FROM (SELECT topic, partition, min(next_offset) AS next_offset
          FROM b40.position GROUP BY topic, partition) AS lowest) AS positions
"""


async def look(frame: Frame) -> dict[str, Any]:
    """Counts, and per topic and partition the lowest next offset over the app's subscribers."""
    row = await frame.pool.fetchrow(SNAPSHOT)
    assert row is not None, "an aggregate has one row"
    positions: dict[str, dict[str, int]] = {}
    for each in row["positions"] or []:
        positions.setdefault(each["topic"], {})[str(each["partition"])] = each["next_offset"]
    counts = {name: int(value) for name, value in row.items() if name != "positions"}
    return {"app": frame.application.name, "ready": True, **counts, "positions": positions}
