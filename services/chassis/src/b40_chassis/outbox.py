"""The outbox: what was announced waits here, in packed rows, until the relay has sent it; then it is the archive."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from b40_chassis.hears import Connection
from b40_chassis.packing import Packed

ROW_RECORDS_MAX = 2_000
ROW_BYTES_MAX = 1_000_000
ROWS_AT_ONCE_MAX = 200
RECORDS_AT_ONCE_MAX = 10_000
BYTES_AT_ONCE_MAX = 8_000_000

WAKE_CHANNEL = "b40_outbox"

NOT_SENT = (-1, -1)
"""Partition and offset of a record that stands nowhere: it could not be sent, or was lost and its copy goes instead."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that waits: its number and its records in order."""

    id: int
    records: Sequence[Packed]


@dataclass(frozen=True, slots=True)
class Archived:
    """A row that was sent, so many days ago: its records and where each came to stand."""

    id: int
    records: Sequence[Packed]
    places: Sequence[tuple[int, int]]
    days: float


async def insert(connection: Connection, records: Sequence[Packed]) -> None:
    """Write records as packed rows, in order."""
    rows = [
        (
            [record.topic for record in chunk],
            [record.key for record in chunk],
            [record.value for record in chunk],
            [record.headers for record in chunk],
            len(chunk),
            sum(record.size for record in chunk),
        )
        for chunk in chunks(records, ROW_RECORDS_MAX, ROW_BYTES_MAX)
    ]
    await connection.executemany(
        "INSERT INTO b40.outbox (topics, keys, payloads, headers, records, size) VALUES ($1, $2, $3, $4, $5, $6)", rows
    )


async def wake(connection: Connection) -> None:
    """Wake a relay that sleeps in another process, at the commit. (A notice in every transaction would cost more.)"""
    await connection.execute("SELECT pg_notify($1, '') FROM b40.relay WHERE asleep", WAKE_CHANNEL)


async def note_sleep(connection: Connection, *, asleep: bool) -> None:
    """Say whether the relay sleeps; look for rows once more before sleeping."""
    await connection.execute("UPDATE b40.relay SET asleep = $1 WHERE asleep <> $1", asleep)


async def next_rows(connection: Connection) -> list[Row]:
    """The oldest rows that wait, whole: at most 10,000 records or 8 MB, but at least one row."""
    rows = await connection.fetch(
        _OLDEST.format(condition="sent IS NULL"), ROWS_AT_ONCE_MAX, RECORDS_AT_ONCE_MAX, BYTES_AT_ONCE_MAX
    )
    return [Row(row["id"], list(map(Packed, *(row[name] for name in _PARTS)))) for row in rows]


async def archived(connection: Connection, after: int, last: int) -> list[Archived]:
    """The next rows of the archive, as many as the relay would take at once, by their numbers."""
    rows = await connection.fetch(
        _OLDEST.format(condition="sent IS NOT NULL AND id > $4 AND id <= $5"),
        ROWS_AT_ONCE_MAX,
        RECORDS_AT_ONCE_MAX,
        BYTES_AT_ONCE_MAX,
        after,
        last,
    )
    return [
        Archived(
            row["id"],
            list(map(Packed, *(row[name] for name in _PARTS))),
            list(zip(row["partitions"], row["offsets"], strict=True)),
            row["days"],
        )
        for row in rows
    ]


_PARTS = ("topics", "keys", "payloads", "headers")
_OLDEST = """
    WITH oldest AS (SELECT id, records, size FROM b40.outbox WHERE {condition} ORDER BY id LIMIT $1),
      running AS (SELECT id, row_number() OVER so_far AS place,
        sum(records) OVER so_far AS records, sum(size) OVER so_far AS size
        FROM oldest WINDOW so_far AS (ORDER BY id))
    SELECT id, topics, keys, payloads, headers, partitions, offsets,
      extract(epoch FROM now() - sent)::float / 86400 AS days
    FROM b40.outbox JOIN running USING (id)
    WHERE place = 1 OR (running.records <= $2 AND running.size <= $3) ORDER BY id"""


async def archive(connection: Connection, rows: Sequence[Row], places: Sequence[tuple[int, int]]) -> None:
    """Mark rows as sent. ``places`` are partition and offset of each of their records, in order."""
    left = iter(places)
    await connection.executemany(
        """UPDATE b40.outbox SET sent = now(), partitions = $2, offsets = $3
           WHERE id = $1 AND sent IS NULL""",
        [(row.id, *_columns(left, len(row.records))) for row in rows],
    )


def _columns(places: Iterator[tuple[int, int]], length: int) -> tuple[list[int], list[int]]:
    mine = list(islice(places, length))
    return [partition for partition, _ in mine], [offset for _, offset in mine]


async def move(connection: Connection, places: Sequence[tuple[int, Sequence[tuple[int, int]]]]) -> None:
    """Correct where the records of archived rows stand."""
    await connection.executemany(
        "UPDATE b40.outbox SET partitions = $2, offsets = $3 WHERE id = $1",
        [(id_, *_columns(iter(every), len(every))) for id_, every in places],
    )


async def set_unsendable_aside(connection: Connection, refused: Mapping[int, str], records: Sequence[Packed]) -> None:
    """Keep records that no broker takes, whole, with the reason. ``refused`` is by index of ``records``."""
    await connection.executemany(
        "INSERT INTO b40.unsendable (topic, key, payload, headers, reason) VALUES ($1, $2, $3, $4, $5)",
        [
            (record.topic, record.key, record.value, record.headers, reason)
            for record, reason in ((records[index], reason) for index, reason in sorted(refused.items()))
        ],
    )


async def send_again(connection: Connection, ids: Sequence[int] | None = None) -> int:
    """Put what could not be sent back into the outbox, in order; all of it, or these. Returns how many."""
    rows = await connection.fetch(
        """WITH gone AS (DELETE FROM b40.unsendable WHERE $1::bigint[] IS NULL OR id = ANY($1) RETURNING *)
           SELECT topic, key, payload, headers FROM gone ORDER BY id""",
        ids,
    )
    await insert(connection, [Packed(*row) for row in rows])
    return len(rows)


def chunks(records: Sequence[Packed], records_max: int, bytes_max: int) -> list[list[Packed]]:
    """Cut a sequence into pieces of at most so many records and bytes (a single larger record makes a piece)."""
    pieces: list[list[Packed]] = []
    size = 0
    for record in records:
        if not pieces or len(pieces[-1]) == records_max or size + record.size > bytes_max:
            pieces.append([])
            size = 0
        pieces[-1].append(record)
        size += record.size
    return pieces
