"""Positions in the database are the truth: what to take next of each partition, and the check that guards it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from b40_chassis.hears import Connection
from b40_chassis.record import Record
from b40_chassis.set_aside import HOLDS

Partition = tuple[str, int]
"""Topic (without the environment's prefix) and partition."""

ANOTHER_LOG = "the log is another"
"""How the reasons of stops begin that say so: what was set aside before has no place in it."""


class Verdict(Enum):
    """What to do with a batch."""

    TAKE = "take it"
    SEEK = "take nothing, seek every partition to its stored position"
    RESTORED = "the database went back: end the process and start anew"
    GAP = "both agree, yet the batch begins elsewhere"


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a transaction moves one partition, and what it counted."""

    next_offset: int
    last_appended: datetime
    taken: int
    duplicates: int
    last_hash: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """A stored position: what to take next, the hash of the record before it if it is known, why it is stopped."""

    next_offset: int
    last_hash: bytes | None
    stopped: str | None


class Locked(NamedTuple):
    """A position that is locked: what to take next, and whether anything of the partition is held."""

    next_offset: int
    any_held: bool


def begins(records: Sequence[Record]) -> dict[Partition, int]:
    """The first offset of each partition in a batch."""
    first: dict[Partition, int] = {}
    for record in records:
        first.setdefault((record.topic, record.partition), record.offset)
    return first


def check(
    begin: Mapping[Partition, int],
    remembered: Mapping[Partition, int],
    stored: Mapping[Partition, int],
    compacted: frozenset[str],
) -> Verdict:
    """Whether a batch may be taken: for each partition the remembered offset is the stored one and it begins there."""
    if any(stored[each] < remembered[each] for each in begin if each in stored and each in remembered):
        return Verdict.RESTORED
    if any(each not in stored or remembered.get(each) != stored[each] for each in begin):
        return Verdict.SEEK
    for each, offset in begin.items():
        if offset < stored[each] or (offset > stored[each] and each[0] not in compacted):
            return Verdict.GAP
    return Verdict.TAKE


async def lock(connection: Connection, hearing: str, partitions: Sequence[Partition]) -> dict[Partition, Locked]:
    """Lock the rows of these partitions, in order, and return what is stored.

    One that has no row or is stopped is missing: nothing of it may be taken. (After a wait for the lock the position
    is new, while what is held was looked for before; but what holds a further key has moved the position too.)
    """
    rows = await connection.fetch(
        f"""SELECT topic, partition, next_offset, stopped, EXISTS (SELECT FROM b40.set_aside AS aside
             WHERE aside.topic = position.topic AND aside.partition = position.partition AND {HOLDS}) AS any_held
           FROM b40.position
           WHERE hearing = $1 AND (topic, partition) IN (SELECT * FROM unnest($2::text[], $3::int[]))
           ORDER BY topic, partition FOR UPDATE""",  # noqa: S608 (constant)
        hearing,
        [topic for topic, _ in partitions],
        [partition for _, partition in partitions],
    )
    return {
        (row["topic"], row["partition"]): Locked(row["next_offset"], row["any_held"])
        for row in rows
        if row["stopped"] is None
    }


async def standings(connection: Connection, hearing: str) -> dict[Partition, Standing]:
    """All that is stored of a hearing's partitions."""
    rows = await connection.fetch(
        """SELECT topic, partition, next_offset, stopped,
             CASE WHEN last_offset = next_offset - 1 THEN last_hash END AS last_hash
           FROM b40.position WHERE hearing = $1""",
        hearing,
    )
    return {
        (row["topic"], row["partition"]): Standing(row["next_offset"], row["last_hash"], row["stopped"]) for row in rows
    }


async def stop(connection: Connection, hearing: str, partition: Partition, next_offset: int, reason: str) -> bool:
    """Mark a partition as stopped, if it still stands where the reason was found. It stays so over restarts."""
    result = await connection.execute(
        """UPDATE b40.position SET stopped = $5
           WHERE hearing = $1 AND topic = $2 AND partition = $3 AND next_offset = $4 AND stopped IS NULL""",
        hearing,
        *partition,
        next_offset,
        reason,
    )
    return result == "UPDATE 1"


async def stored(connection: Connection, hearing: str) -> dict[Partition, int]:
    """All positions of a hearing."""
    rows = await connection.fetch("SELECT topic, partition, next_offset FROM b40.position WHERE hearing = $1", hearing)
    return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}


async def begin(connection: Connection, hearing: str, starts: Mapping[Partition, int]) -> None:
    """Store the first position of partitions that have none."""
    ordered = sorted(starts)
    await connection.execute(
        """INSERT INTO b40.position (hearing, topic, partition, next_offset)
           SELECT $1, * FROM unnest($2::text[], $3::int[], $4::bigint[]) ON CONFLICT DO NOTHING""",
        hearing,
        [topic for topic, _ in ordered],
        [partition for _, partition in ordered],
        [starts[each] for each in ordered],
    )


async def advance(connection: Connection, hearing: str, moves: Mapping[Partition, Advance]) -> None:
    """Move the positions forward; the rows are locked."""
    ordered = sorted(moves)
    await connection.execute(
        """UPDATE b40.position AS old SET next_offset = new.next_offset, last_appended = new.appended,
             last_offset = new.next_offset - 1, last_hash = new.hash,
             taken = old.taken + new.taken, duplicates = old.duplicates + new.duplicates
           FROM unnest($2::text[], $3::int[], $4::bigint[], $5::timestamptz[], $6::bigint[], $7::bigint[],
             $8::bytea[]) AS new (topic, partition, next_offset, appended, taken, duplicates, hash)
           WHERE old.hearing = $1 AND old.topic = new.topic AND old.partition = new.partition""",
        hearing,
        [topic for topic, _ in ordered],
        [partition for _, partition in ordered],
        [moves[each].next_offset for each in ordered],
        [moves[each].last_appended for each in ordered],
        [moves[each].taken for each in ordered],
        [moves[each].duplicates for each in ordered],
        [moves[each].last_hash for each in ordered],
    )


async def count_duplicates(connection: Connection, hearing: str, partition: Partition, number: int) -> None:
    """Count what was held when it came, and was then found to have been applied before; the row is locked."""
    await connection.execute(
        """UPDATE b40.position SET taken = taken - $4, duplicates = duplicates + $4
           WHERE hearing = $1 AND topic = $2 AND partition = $3""",
        hearing,
        *partition,
        number,
    )


def moved(records: Sequence[Record], duplicates: Sequence[Record], secret: bytes) -> dict[Partition, Advance]:
    """How a batch moves its partitions."""
    last = {(each.topic, each.partition): each for each in records}
    taken = Counter([(each.topic, each.partition) for each in records])
    again = Counter([(each.topic, each.partition) for each in duplicates])
    return {
        where: Advance(
            each.offset + 1, each.appended, taken[where] - again[where], again[where], each.fingerprint(secret)
        )
        for where, each in last.items()
    }
