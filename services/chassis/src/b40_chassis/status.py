"""One look at an app: what is on its way, what waits, what is wrong. All of it one snapshot of the database."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import asyncpg
import structlog
from aiokafka.errors import KafkaError

from b40_chassis import metrics, ticks
from b40_chassis.authenticity import FORGED
from b40_chassis.errors import describe
from b40_chassis.forgetting import FORGOTTEN
from b40_chassis.frame import Frame
from b40_chassis.lag import records_behind
from b40_chassis.problems import Problem

if TYPE_CHECKING:
    from b40_chassis.service import Service

log = structlog.get_logger()

ANSWER_SECONDS_MAX = 2.0

STANDING: Mapping[str, str] = {
    "outbox": "SELECT coalesce(sum(records), 0) FROM b40.outbox WHERE sent IS NULL",
    "oldest_unsent": """SELECT coalesce((SELECT extract(epoch FROM clock_timestamp() - written)
                        FROM b40.outbox WHERE sent IS NULL ORDER BY id LIMIT 1), 0)::float""",
    "unsendable": "SELECT count(*) FROM b40.unsendable",
    "tasks": "SELECT count(*) FROM b40.task",
    "waiting": "SELECT count(*) FROM b40.set_aside WHERE state IN ('waiting', 'behind')",
    "dead": "SELECT count(*) FROM b40.set_aside WHERE state IN ('unreadable', 'failed')",
    "due_aside": "SELECT count(*) FROM b40.due_set_aside",
    "stops": """SELECT json_agg(stops) FROM (SELECT topic, partition, stopped AS reason
                FROM b40.position WHERE stopped IS NOT NULL ORDER BY topic, partition) AS stops""",
}
"""What is told to Prometheus too, every few seconds: nothing that grows with what was ever heard."""

MORE: Mapping[str, str] = {
    "released": "SELECT count(*) FROM b40.set_aside WHERE state = 'released'",
    "duplicates": "SELECT coalesce(sum(duplicates), 0) FROM b40.position",
    "refused": "SELECT count(*) FROM b40.refused",
    "stopped": "SELECT count(*) FROM b40.position WHERE stopped IS NOT NULL",
    "unreadable": """SELECT json_agg(senders) FROM (SELECT source, count(*) AS records FROM b40.set_aside
                     WHERE state = 'unreadable' GROUP BY source ORDER BY count(*) DESC, source LIMIT 10) AS senders""",
    "positions": """SELECT json_agg(lowest) FROM (SELECT topic, partition, min(next_offset) AS next_offset
                    FROM b40.position GROUP BY topic, partition) AS lowest""",
}
TICK = {"tick_age": "SELECT extract(epoch FROM clock_timestamp() - max(appended))::float FROM b40.tick"}


def _one_row(parts: Mapping[str, str]) -> str:
    return "SELECT " + ", ".join(f"({query}) AS {name}" for name, query in parts.items())


async def look(frame: Frame) -> dict[str, Any]:
    """Counts, what is stopped and why, who sent most of what cannot be read, and how far each partition was heard.

    ``oldest_unsent`` is in seconds.
    """
    row = await frame.pool.fetchrow(_one_row({**STANDING, **MORE}))
    assert row is not None, "a SELECT of expressions has one row"
    positions: dict[str, dict[str, int]] = {}
    for each in row["positions"] or []:
        positions.setdefault(each["topic"], {})[str(each["partition"])] = each["next_offset"]
    lists = {"stops": row["stops"] or [], "unreadable": row["unreadable"] or []}
    counts = {name: int(value) for name, value in row.items() if name not in ("positions", *lists)}
    return {"app": frame.application.name, "ready": True, **counts, **lists, "positions": positions}


async def lag(service: "Service") -> dict[str, int]:
    """Records that stand in the logs and were not taken, by topic. Raises Problem while Kafka does not answer."""
    rows = await service.frame.pool.fetch(
        "SELECT topic, partition, min(next_offset) AS next_offset FROM b40.position GROUP BY topic, partition"
    )
    next_offsets = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            ends = await service.offsets.ends(next_offsets.keys())
    except (KafkaError, TimeoutError) as error:
        raise Problem(503, "Not available", "Kafka does not tell where its logs end") from error
    return dict(records_behind(next_offsets, ends))


def begin(frame: Frame) -> None:
    """Let the app's counters begin at 0."""
    name = frame.application.name
    said = {topic.name for topic in frame.application.topics if topic.producer == name} | frame.intakes.keys()
    kinds = sorted(frame.application.tasks.kinds)
    metrics.begin(
        {
            "hearing": metrics.HEARINGS,
            "topic": sorted(said),
            "table": sorted(FORGOTTEN),
            "kind": kinds,
            "reason": sorted(FORGED),
        }
    )
    for counter in frame.application.counters:
        counter.begin()


async def observe(service: "Service") -> None:
    """Set the gauges of how the app stands now. Never raises: where PostgreSQL does not answer, it is not ready."""
    now = asyncio.get_running_loop().time()
    row = await _standing(service)
    metrics.ready.set(int(service.ready and row is not None))
    metrics.look_age.set(now - (service.watchdog.saw_at if hasattr(service, "watchdog") else service.began))
    if row is None:
        return
    metrics.outbox_waiting.set(row["outbox"])
    metrics.oldest_unsent.set(row["oldest_unsent"])
    metrics.unsendable_open.set(row["unsendable"])
    metrics.tasks_waiting.set(row["tasks"])
    metrics.waiting.set(row["waiting"])
    metrics.dead_letters.set(row["dead"] + row["due_aside"])
    metrics.tick_age.set(now - service.began if row["tick_age"] is None else row["tick_age"])
    stopped = [each["topic"] for each in row["stops"] or []]
    for topic in service.frame.heard:
        metrics.stopped.set(stopped.count(topic), topic=topic)
    await _observe_own(service.frame)


async def _observe_own(frame: Frame) -> None:
    """Set the gauges that the app alone has, as they stand at the platform's time; at none before the first tick."""
    for gauge, read in frame.application.gauges.items():
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX), frame.pool.acquire() as connection:
                now = await ticks.last(connection)
                gauge.set(await read(connection, now) if now else 0)
        except Exception as error:
            log.warning("a gauge is not known", gauge=gauge.name, error=describe(error))


async def _standing(service: "Service") -> asyncpg.Record | None:
    if not hasattr(service, "frame"):
        return None
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            return await service.frame.pool.fetchrow(_one_row({**STANDING, **TICK}))
    except Exception:  # whatever the reason, it tells that the database did not answer
        return None
