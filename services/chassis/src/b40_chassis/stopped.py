"""Positions on the operations port: how far each partition was heard, why it is stopped, and what has it go on."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from b40_chassis import set_aside
from b40_chassis.api import PartitionNumber, TopicName
from b40_chassis.cursor import Offsets
from b40_chassis.hears import Connection
from b40_chassis.positions import ANOTHER_LOG, Partition
from b40_chassis.problems import Problem

if TYPE_CHECKING:
    from b40_chassis.service import Service


class From(StrEnum):
    """Where a stopped partition goes on."""

    POSITION = "position"
    BEGINNING = "beginning"
    END = "end"


class Resumed(BaseModel):
    """Where to go on."""

    begin: From = Field(
        default=From.POSITION,
        description="At the stored position, at the log's beginning (what is known is dropped), or at its end.",
    )


class NotStopped(Exception):
    """No hearing of this app is stopped there."""


class NotInLog(Exception):
    """The stored position lies outside of the log: a person has to say where to go on."""


def add(routes: FastAPI, service: "Service") -> None:
    """Add the routes of positions."""

    @routes.get("/positions")
    async def positions() -> list[dict[str, Any]]:
        """The next offset of every partition, by subscriber, and why it is stopped, if it is."""
        rows = await service.frame.pool.fetch(
            """SELECT hearing, topic, partition, next_offset, last_appended, taken, duplicates, stopped
               FROM b40.position ORDER BY hearing, topic, partition"""
        )
        return [dict(row) for row in rows]

    @routes.post("/positions/{topic}/{partition}/resume")
    async def resumed(topic: TopicName, partition: PartitionNumber, how: Resumed) -> dict[str, Any]:
        """Have a stopped partition go on; the copy that has it notices within a second."""
        try:
            async with service.frame.pool.acquire() as connection:
                next_offset = await resume(connection, service.offsets, (topic, partition), how.begin)
        except (NotStopped, NotInLog) as error:
            raise Problem(409, "Not resumed", str(error)) from error
        return {"topic": topic, "partition": partition, "next_offset": next_offset}


async def resume(connection: Connection, offsets: Offsets, partition: Partition, begin: From) -> int:
    """Clear the reason, and trust the log as it stands now: the last record taken is not compared any more.

    What was set aside of a log that is no more comes before all of the new one. Returns the next offset. A subscriber
    that is not stopped there stays where it is. Raises NotStopped or NotInLog.
    """
    stopped = "topic = $1 AND partition = $2 AND stopped IS NOT NULL"
    async with connection.transaction():
        rows = await connection.fetch(
            f"SELECT next_offset, stopped FROM b40.position WHERE {stopped} FOR UPDATE",  # noqa: S608 (constant)
            *partition,
        )
        if not rows:
            raise NotStopped(f"{partition[0]}/{partition[1]} is not stopped")
        first, end = (await offsets.beginnings([partition]))[partition], (await offsets.ends([partition]))[partition]
        chosen = {From.POSITION: None, From.BEGINNING: first, From.END: end}[begin]
        nexts: list[int] = [row["next_offset"] if chosen is None else chosen for row in rows]
        if min(nexts) < first or max(nexts) > end:
            raise NotInLog(f"the position {nexts[0]} is not in the log, {first} to {end}: say from where to go on")
        if chosen is not None and any(row["stopped"].startswith(ANOTHER_LOG) for row in rows):
            await set_aside.move_before(connection, *partition)
        await connection.execute(
            f"""UPDATE b40.position SET stopped = NULL, last_hash = NULL,
                  era = era + ($3::bigint IS NOT NULL)::int, next_offset = coalesce($3, next_offset)
                WHERE {stopped}""",  # noqa: S608 (constant)
            *partition,
            chosen,
        )
    return min(nexts)
