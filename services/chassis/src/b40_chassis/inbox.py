"""The inbox: which events have taken effect. An id that stands here is dropped; with other content it is an alarm."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from asyncpg.pgproto.pgproto import UUID

from b40_chassis.hears import Connection, Heard

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SOURCES_KNOWN_MAX = 10_000
NOT_COMPARED = b""
"""The digest of what is said in several versions under one id: who knows several takes the first that comes."""


class Entry(NamedTuple):
    """What the inbox keeps of an event."""

    source: str
    id: UUID
    digest: bytes
    appended: datetime


def entry(heard: Heard[Any], data: bytes, secret: bytes, *, canonical: bool, versioned: Collection[str]) -> Entry:
    """The entry of an event. On intake the digest is of canonical JSON: a sender may write one thing in two ways.

    Types that are ``versioned`` are not compared.
    """
    if heard.event.type in versioned:
        return Entry(heard.source, uuid_of(heard.id), NOT_COMPARED, heard.appended)
    if canonical:
        data = _canonical(data)
    content = b"\0".join((heard.event.type.encode(), heard.key.encode(), data))
    digest = hashlib.blake2b(content, key=secret[:64], digest_size=8).digest()
    return Entry(heard.source, uuid_of(heard.id), digest, heard.appended)


def _canonical(data: bytes) -> bytes:
    try:
        return orjson.dumps(orjson.loads(data), option=orjson.OPT_SORT_KEYS)
    except ValueError:  # JSON that only a laxer reader takes: the bytes themselves tell it apart
        return data


def same(known: bytes, came: bytes) -> bool:
    """Whether two digests tell of the same content, or of content that is not compared."""
    return known == came or NOT_COMPARED in (known, came)


def uuid_of(id_: str) -> UUID:
    """The id itself if it is a UUID in its usual form, else 16 bytes of its hash."""
    try:
        parsed = UUID(id_)
        if str(parsed) == id_:
            return parsed
    except ValueError:
        pass
    return UUID(hashlib.sha256(id_.encode()).digest()[:16])


async def source_numbers(
    connection: Connection, names: Iterable[str], known: Mapping[str, int] | None = None
) -> dict[str, int]:
    """The numbers of sources, given to new ones in order of their names (two copies lock in the same order).

    The ``known`` ones are not asked for; what a transaction gave may be called known only after its commit.
    """
    wanted = sorted(set(names))
    if known is not None and all(name in known for name in wanted):
        return {name: known[name] for name in wanted}
    rows = await connection.fetch("SELECT name, id FROM b40.source WHERE name = ANY($1)", wanted)
    numbers = {row["name"]: row["id"] for row in rows}
    missing = [name for name in wanted if name not in numbers]
    if missing:
        rows = await connection.fetch(
            """INSERT INTO b40.source AS known (name) SELECT * FROM unnest($1::text[])
               ON CONFLICT (name) DO UPDATE SET name = known.name RETURNING name, id""",
            missing,
        )
        numbers |= {row["name"]: row["id"] for row in rows}
    return numbers


def remember(known: dict[str, int], numbers: Mapping[str, int]) -> None:
    """Add to what is known; when that is much it is begun anew, since a sender may name as many sources as it likes."""
    if len(known) > SOURCES_KNOWN_MAX:
        known.clear()
    known |= numbers


async def insert(
    connection: Connection, entries: Sequence[Entry], numbers: Mapping[str, int]
) -> tuple[set[int], set[int]]:
    """Enter what is new. ``numbers`` are those of the entries' sources.

    Returns the indexes of the new ones, and of those known with other content.
    """
    first: dict[tuple[int, UUID], int] = {}
    for index, each in enumerate(entries):
        first.setdefault((numbers[each.source], each.id), index)
    ordered = sorted(first)
    inserted = await connection.fetch(
        """INSERT INTO b40.inbox (source, id, digest, appended)
           SELECT * FROM unnest($1::int[], $2::uuid[], $3::bytea[], $4::timestamptz[])
           ON CONFLICT DO NOTHING RETURNING source, id""",
        [source for source, _ in ordered],
        [id_ for _, id_ in ordered],
        [entries[first[key]].digest for key in ordered],
        [entries[first[key]].appended for key in ordered],
    )
    new = {first[row["source"], row["id"]] for row in inserted}
    conflicting = await _conflicting(connection, entries, numbers, new)
    return new, conflicting


async def _conflicting(
    connection: Connection, entries: Sequence[Entry], numbers: Mapping[str, int], new: set[int]
) -> set[int]:
    old = [index for index in range(len(entries)) if index not in new]
    if not old:
        return set()
    rows = await connection.fetch(
        """SELECT source, id, digest FROM b40.inbox
           JOIN unnest($1::int[], $2::uuid[]) AS wanted (source, id) USING (source, id)""",
        [numbers[entries[index].source] for index in old],
        [entries[index].id for index in old],
    )
    known = {(row["source"], row["id"]): row["digest"] for row in rows}
    return {i for i in old if not same(known[numbers[entries[i].source], entries[i].id], entries[i].digest)}


async def forget(connection: Connection, events: Sequence[Heard[Any]]) -> None:
    """Take events out again that were set aside, so that their release can be applied."""
    numbers = await source_numbers(connection, [heard.source for heard in events])
    await connection.execute(
        "DELETE FROM b40.inbox USING unnest($1::int[], $2::uuid[]) AS gone (s, i) WHERE source = s AND id = i",
        [numbers[heard.source] for heard in events],
        [uuid_of(heard.id) for heard in events],
    )


async def knows(connection: Connection, source: str, id_: str) -> bool:
    """Whether an event has taken effect."""
    known: bool = await connection.fetchval(
        """SELECT EXISTS (SELECT FROM b40.inbox JOIN b40.source AS sender ON sender.id = inbox.source
             WHERE sender.name = $1 AND inbox.id = $2)""",
        source,
        uuid_of(id_),
    )
    return known
