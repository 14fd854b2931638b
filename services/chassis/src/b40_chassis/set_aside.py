"""What was set aside: whole, with coordinates and the reason; released in log order, replayed or discarded."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from b40_chassis.hears import Connection
from b40_chassis.record import Place, Record

WAITING_AT_MOST = timedelta(days=1)
HOLDS = "(state IN ('waiting', 'behind', 'released') OR (state = 'failed' AND reason = 'failed'))"
"""What of the set aside holds its key: what will still be released, and what could be read but not processed."""
DEAD = ("unreadable", "failed")
_FORMER = "id - 1000000000000000"
"""The place of what was set aside of a log that is no more: below 0, and in the order in which it was set aside."""

HeldKey = tuple[str, int, bytes | None]
"""Topic, partition and Kafka key: what comes later with it waits behind."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A record to be set aside, and why. ``state`` is unreadable, failed, waiting or behind."""

    record: Record
    state: str
    reason: str
    detail: str
    source: str | None = None
    event_id: str | None = None
    awaited: tuple[str, str] | None = None
    expires: datetime | None = None


def held_key(record: Record) -> HeldKey:
    """The key that a record holds, or is held by."""
    return record.topic, record.partition, record.key


async def held_keys(connection: Connection, records: Sequence[Record]) -> dict[HeldKey, int]:
    """Keys of the topics of these records that are held, with the first offset of each: what comes later is behind it.

    What will still be released holds its key, and what could be read but not processed. An id used before for
    something else holds nothing: the first of that id took effect.
    """
    rows = await connection.fetch(
        f"""SELECT topic, partition, key, min("offset") AS first FROM b40.set_aside
           WHERE {HOLDS} AND topic = ANY($1) GROUP BY topic, partition, key""",  # noqa: S608 (constant)
        sorted({record.topic for record in records}),
    )
    return {(row["topic"], row["partition"], row["key"]): row["first"] for row in rows}


async def insert(connection: Connection, hearing: str, asides: Sequence[Aside]) -> None:
    """Set records aside; one that is there already (it was released and waits again) gets its new state and reason.

    Another record that stood at the same place, in a log that is no more, is kept.
    """
    ordered = sorted(asides, key=lambda aside: aside.record.place)
    places = [aside.record.place for aside in ordered]
    await connection.execute(
        f"""UPDATE b40.set_aside SET "offset" = {_FORMER}
            FROM unnest($1::text[], $2::int[], $3::bigint[], $4::timestamptz[]) AS new (t, p, o, at)
            WHERE topic = t AND partition = p AND "offset" = o AND appended <> at""",  # noqa: S608 (constant)
        [topic for topic, _, _ in places],
        [partition for _, partition, _ in places],
        [offset for _, _, offset in places],
        [aside.record.appended for aside in ordered],
    )
    await connection.executemany(
        """INSERT INTO b40.set_aside (hearing, topic, partition, "offset", appended, key, value, header_names,
             header_values, state, reason, detail, awaited_topic, awaited_key, expires, source, event_id)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
           ON CONFLICT (topic, partition, "offset") DO UPDATE SET state = excluded.state, reason = excluded.reason,
             detail = excluded.detail, awaited_topic = excluded.awaited_topic, awaited_key = excluded.awaited_key,
             expires = coalesce(b40.set_aside.expires, excluded.expires)""",
        [(hearing, *_row(aside)) for aside in ordered],
    )


def _row(aside: Aside) -> tuple[Any, ...]:
    record = aside.record
    awaited_topic, awaited_key = aside.awaited or (None, None)
    return (
        record.topic,
        record.partition,
        record.offset,
        record.appended,
        record.key,
        record.value,
        [name.replace("\0", "") for name, _ in record.headers],
        [value for _, value in record.headers],
        aside.state,
        aside.reason,
        aside.detail.replace("\0", ""),
        awaited_topic,
        awaited_key,
        aside.expires,
        aside.source or record.header("ce_source") or None,
        aside.event_id or record.header("ce_id") or None,
    )


async def release(connection: Connection, keys: Collection[tuple[str, str]]) -> int:
    """Release what waited for these ``(state topic, key)``. Returns how many."""
    ordered = sorted(keys)
    rows = await connection.fetch(
        """UPDATE b40.set_aside SET state = 'released' WHERE state = 'waiting'
             AND (awaited_topic, awaited_key) IN (SELECT * FROM unnest($1::text[], $2::text[])) RETURNING id""",
        [topic for topic, _ in ordered],
        [key for _, key in ordered],
    )
    return len(rows)


async def next_released(connection: Connection) -> asyncpg.Record | None:
    """The hearing, topic, partition and key of the oldest released record."""
    return await connection.fetchrow(
        """SELECT hearing, topic, partition, key FROM b40.set_aside WHERE state = 'released'
           ORDER BY topic, partition, "offset" LIMIT 1"""
    )


async def held_of_key(connection: Connection, topic: str, partition: int, key: bytes | None) -> list[Record]:
    """All that is held of one key, locked, in log order."""
    rows = await connection.fetch(
        """SELECT * FROM b40.set_aside WHERE topic = $1 AND partition = $2 AND key IS NOT DISTINCT FROM $3
             AND state IN ('waiting', 'behind', 'released') ORDER BY "offset" FOR UPDATE""",
        topic,
        partition,
        key,
    )
    return [stored_record(row) for row in rows]


async def expired(connection: Connection, now: datetime, limit: int) -> list[asyncpg.Record]:
    """What has waited in vain, locked, oldest first."""
    return await connection.fetch(
        """SELECT * FROM b40.set_aside WHERE state = 'waiting' AND expires <= $1
           ORDER BY expires, topic, partition, "offset" LIMIT $2 FOR UPDATE""",
        now,
        limit,
    )


async def release_key(connection: Connection, topic: str, partition: int, key: bytes | None) -> None:
    """Let go on what is held behind something that is no longer there."""
    await connection.execute(
        """UPDATE b40.set_aside SET state = 'released' WHERE topic = $1 AND partition = $2
             AND key IS NOT DISTINCT FROM $3 AND state = 'behind'""",
        topic,
        partition,
        key,
    )


async def remove(connection: Connection, places: Collection[Place]) -> None:
    """Forget records that were applied or refused."""
    ordered = sorted(places)
    await connection.execute(
        """DELETE FROM b40.set_aside USING unnest($1::text[], $2::int[], $3::bigint[]) AS gone (t, p, o)
           WHERE topic = t AND partition = p AND "offset" = o""",
        [topic for topic, _, _ in ordered],
        [partition for _, partition, _ in ordered],
        [offset for _, _, offset in ordered],
    )


async def move_before(connection: Connection, topic: str, partition: int) -> None:
    """Give what was set aside of a log that is no more places before all of its successor."""
    await connection.execute(
        f'UPDATE b40.set_aside SET "offset" = {_FORMER} WHERE topic = $1 AND partition = $2',  # noqa: S608 (constant)
        topic,
        partition,
    )


async def find(connection: Connection, id_: int) -> asyncpg.Record | None:
    """One row, locked."""
    return await connection.fetchrow("SELECT * FROM b40.set_aside WHERE id = $1 FOR UPDATE", id_)


async def discard(connection: Connection, id_: int, reason: str) -> None:
    """Give a dead letter up, with a reason; the bytes stay for the record."""
    await connection.execute(
        "UPDATE b40.set_aside SET state = 'discarded', detail = detail || ' Discarded: ' || $2 WHERE id = $1",
        id_,
        reason,
    )


async def lock_dead(connection: Connection, topics: Collection[str]) -> AsyncIterator[Record]:
    """Dead letters of these topics, also discarded ones, locked, in log order: one by one, as there may be many."""
    rows = connection.cursor(
        """SELECT * FROM b40.set_aside WHERE topic = ANY($1) AND state IN ('unreadable', 'failed', 'discarded')
           ORDER BY topic, partition, "offset" FOR UPDATE""",
        list(topics),
    )
    async for row in rows:
        yield stored_record(row)


async def forget(connection: Connection, records: Sequence[Record]) -> None:
    """Keep nothing of these but where they stood; what they held goes on."""
    for record in records:
        await connection.execute(
            """UPDATE b40.set_aside SET state = 'forgotten', key = NULL, value = NULL, header_names = '{}',
                 header_values = '{}', detail = 'who it is about is erased', event_id = NULL
               WHERE topic = $1 AND partition = $2 AND "offset" = $3""",
            record.topic,
            record.partition,
            record.offset,
        )
        await release_key(connection, record.topic, record.partition, record.key)


async def counts(connection: Connection) -> Mapping[str, int]:
    """How many are set aside, by state."""
    rows = await connection.fetch("SELECT state, count(*) AS n FROM b40.set_aside GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


def stored_record(row: asyncpg.Record) -> Record:
    """The record that a row keeps."""
    return Record(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        appended=row["appended"],
        key=row["key"],
        value=row["value"],
        headers=list(zip(row["header_names"], row["header_values"], strict=True)),
    )
