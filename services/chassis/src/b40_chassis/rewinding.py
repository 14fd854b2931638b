"""Rewinding: an app hears part of a topic again, as what it used to skip. What it knows is dropped (design 4, 5.2).

A rewound position is for the app what a restored database is: each copy notices that a position went back, ends, and
hears again in order when it has started anew. Beyond the memory nothing can be rewound: the inbox has forgotten there.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from b40_contracts.platform import CLOCK
from b40_contracts.topic import MEMORY_DAYS
from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, model_validator

from b40_chassis.api import TopicName
from b40_chassis.cursor import Offsets
from b40_chassis.hears import Connection
from b40_chassis.positions import Partition
from b40_chassis.problems import Problem

if TYPE_CHECKING:
    from b40_chassis.service import Service


_WAYS: list[JsonValue] = [
    {
        "required": ["to_offset", "partition"],
        "properties": {
            "to_offset": {"type": "integer"},
            "partition": {"type": "integer"},
            "to_time": {"type": "null"},
        },
    },
    {"required": ["to_time"], "properties": {"to_time": {"type": "string"}, "to_offset": {"type": "null"}}},
]


class Rewound(BaseModel):
    """Where to begin again: at one partition's offset, or at the first record appended at a time or later."""

    model_config = ConfigDict(json_schema_extra={"oneOf": _WAYS})

    partition: int | None = Field(default=None, ge=0, lt=2**31, description="One; all of the topic by default.")
    to_offset: int | None = Field(default=None, ge=0, lt=2**63, description="The offset to hear next, of one.")
    to_time: AwareDatetime | None = Field(default=None, description="Append time of the first record to hear.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "Rewound":
        if (self.to_offset is None) == (self.to_time is None):
            raise ValueError("say either to_offset or to_time")
        if self.to_offset is not None and self.partition is None:
            raise ValueError("an offset is one partition's: say which")
        return self


class NotRewound(Exception):
    """It would skip something, apply something twice, or nobody knows what it would do."""


def add(routes: FastAPI, service: "Service") -> None:
    """Add the route of rewinding."""

    @routes.post("/positions/{topic}/rewind")
    async def rewound(topic: TopicName, where: Rewound) -> dict[str, Any]:
        """Have the app hear a topic again from an earlier place. Its copies end within a second, and start anew."""
        declared = service.frame.heard.get(topic)
        if declared is None:
            raise Problem(404, "Unknown topic", f"this app hears {', '.join(sorted(service.frame.heard))}", "topic")
        if where.partition is not None and where.partition not in range(declared.partitions):
            raise Problem(404, "Unknown partition", f"{topic} has {declared.partitions}", "partition")
        chosen = range(declared.partitions) if where.partition is None else [where.partition]
        partitions = [(topic, number) for number in chosen]
        try:
            nexts = await _places(service.offsets, partitions, where)
            async with service.frame.pool.acquire() as connection:
                before = await rewind(connection, nexts)
        except NotRewound as error:
            raise Problem(409, "Not rewound", str(error)) from error
        return {
            "topic": topic,
            "partitions": [{"partition": each[1], "from": before[each], "to": nexts[each]} for each in sorted(before)],
        }


async def _places(offsets: Offsets, partitions: list[Partition], where: Rewound) -> dict[Partition, int]:
    """The offsets to go to. Raises NotRewound for what is not in the log, or older than the memory."""
    remembered = datetime.now(UTC) - timedelta(days=MEMORY_DAYS)
    if where.to_time is not None and where.to_time < remembered:
        raise NotRewound(f"to_time is older than the memory of {MEMORY_DAYS} days: what took effect then is forgotten")
    if where.to_offset is None:
        assert where.to_time is not None, "one of both was given"
        return await offsets.at(partitions, where.to_time)
    begins, firsts = await offsets.beginnings(partitions), await offsets.at(partitions, remembered)
    for each in partitions:
        if where.to_offset < begins[each]:
            raise NotRewound(f"to_offset {where.to_offset} is not in the log any more: it begins at {begins[each]}")
        if where.to_offset < firsts[each]:
            raise NotRewound(f"to_offset {where.to_offset} is older than the memory of {MEMORY_DAYS} days")
    return dict.fromkeys(partitions, where.to_offset)


async def rewind(connection: Connection, nexts: Mapping[Partition, int]) -> dict[Partition, int]:
    """Move positions back, those that stand behind these offsets. Returns where they stood. Raises NotRewound.

    The last record taken is not known any more at an earlier place, so it is not compared.
    """
    async with connection.transaction():
        rows = await connection.fetch(
            """SELECT topic, partition, next_offset, stopped FROM b40.position
               WHERE hearing <> 'clock' AND (topic, partition) IN (SELECT * FROM unnest($1::text[], $2::int[]))
               ORDER BY topic, partition FOR UPDATE""",
            [topic for topic, _ in nexts],
            [number for _, number in nexts],
        )
        stood = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
        _require_sound(stood, nexts, [row["partition"] for row in rows if row["stopped"] is not None])
        back = {each: stood[each] for each in stood if nexts[each] < stood[each]}
        await connection.executemany(
            """UPDATE b40.position SET next_offset = $3, last_hash = NULL
               WHERE hearing <> 'clock' AND topic = $1 AND partition = $2""",
            [(*each, nexts[each]) for each in back],
        )
    return back


def _require_sound(stood: Mapping[Partition, int], nexts: Mapping[Partition, int], stopped: list[int]) -> None:
    if CLOCK.name in {topic for topic, _ in nexts}:
        raise NotRewound("time is not heard again")
    if stopped:
        raise NotRewound(f"partition {stopped[0]} is stopped: have it go on first (b40 positions resume)")
    if not any(nexts[each] < offset for each, offset in stood.items()):
        told = ", ".join(f"{number} at {offset}" for (_, number), offset in sorted(stood.items()))
        raise NotRewound(f"no position stands behind that place (partitions: {told or 'none heard yet'})")
