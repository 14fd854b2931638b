"""One look at an app: what is on its way, what waits, what is wrong. All of it one snapshot of the database."""

from typing import Any

from b40_chassis.frame import Frame

SNAPSHOT = """
SELECT (SELECT coalesce(sum(records), 0) FROM b40.outbox WHERE sent IS NULL) AS outbox,
       (SELECT count(*) FROM b40.unsendable) AS unsendable,
       (SELECT count(*) FROM b40.task) AS tasks,
       (SELECT count(*) FROM b40.set_aside WHERE state IN ('waiting', 'behind')) AS waiting,
       (SELECT count(*) FROM b40.set_aside WHERE state = 'released') AS released,
       (SELECT count(*) FROM b40.set_aside WHERE state IN ('unreadable', 'failed')) AS dead,
       (SELECT count(*) FROM b40.due_set_aside) AS due_aside,
       (SELECT coalesce(sum(duplicates), 0) FROM b40.position) AS duplicates,
       (SELECT count(*) FROM b40.refused) AS refused,
       (SELECT count(*) FROM b40.position WHERE stopped IS NOT NULL) AS stopped,
       (SELECT json_agg(stops) FROM (SELECT topic, partition, stopped AS reason
          FROM b40.position WHERE stopped IS NOT NULL ORDER BY topic, partition) AS stops) AS stops,
       (SELECT json_agg(senders) FROM (SELECT source, count(*) AS records FROM b40.set_aside
          WHERE state = 'unreadable' GROUP BY source ORDER BY count(*) DESC, source LIMIT 10) AS senders) AS unreadable,
       (SELECT json_agg(lowest) FROM (SELECT topic, partition, min(next_offset) AS next_offset
          FROM b40.position GROUP BY topic, partition) AS lowest) AS positions
"""


async def look(frame: Frame) -> dict[str, Any]:
    """Counts, what is stopped and why, who sent most of what cannot be read, and how far each partition was heard."""
    row = await frame.pool.fetchrow(SNAPSHOT)
    assert row is not None, "an aggregate has one row"
    positions: dict[str, dict[str, int]] = {}
    for each in row["positions"] or []:
        positions.setdefault(each["topic"], {})[str(each["partition"])] = each["next_offset"]
    lists = {"stops": row["stops"] or [], "unreadable": row["unreadable"] or []}
    counts = {name: int(value) for name, value in row.items() if name not in ("positions", *lists)}
    return {"app": frame.application.name, "ready": True, **counts, **lists, "positions": positions}
