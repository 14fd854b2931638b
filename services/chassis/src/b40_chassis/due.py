"""What time brings: due items are read set-based and handled in order of due time, in bounded transactions."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from b40_chassis import inbox, set_aside
from b40_chassis.errors import Failed, describe, of_infrastructure
from b40_chassis.frame import Frame, source_of
from b40_chassis.hears import Connection, Due, DueKind
from b40_chassis.reading import Readable, UnknownType
from b40_chassis.set_aside import stored_record
from b40_chassis.work import Refusal, Written

log = structlog.get_logger()

ITEMS_MAX = 500
"""Due items in one transaction at most."""


class StillDue(Exception):
    """A handler did not end its item's being due: it would be handled for ever."""


async def next_items(frame: Frame, connection: Connection, now: datetime) -> list[tuple[DueKind, Due]]:
    """The oldest items due by ``now`` of all kinds, without those set aside."""
    found: list[tuple[DueKind, Due]] = []
    for kind in frame.application.hears.due_kinds.values():
        aside = await _aside(connection, kind.kind)
        for subject, time in await kind.read(connection, now, ITEMS_MAX + len(aside)):
            if (subject, time) not in aside:
                id_ = str(frame.identity.due(kind.kind, subject, time))
                found.append((kind, Due(kind.kind, subject, time, source_of(frame.application.name), id_)))
    found.sort(key=lambda each: (each[1].time, each[1].kind, each[1].subject))
    return found[:ITEMS_MAX]


async def _aside(connection: Connection, kind: str) -> set[tuple[str, datetime]]:
    rows = await connection.fetch("SELECT subject, due FROM b40.due_set_aside WHERE kind = $1", kind)
    return {(row["subject"], row["due"]) for row in rows}


async def handle(frame: Frame, connection: Connection, items: Sequence[tuple[DueKind, Due]], written: Written) -> None:
    """Run the handlers of due items in order. Raises Failed naming the item whose handler failed."""
    for kind, due in items:
        try:
            await kind.call(due, frame.work(connection, due.time, written))
        except Exception as error:
            if of_infrastructure(error):
                raise
            raise Failed(due, error, kind.call.__name__) from error
    await _check_ended(connection, items)


async def _check_ended(connection: Connection, items: Sequence[tuple[DueKind, Due]]) -> None:
    for kind in {id(kind): kind for kind, _ in items}.values():
        mine = [due for each, due in items if each is kind]
        aside = await _aside(connection, kind.kind)
        still = {tuple(row) for row in await kind.read(connection, mine[-1].time, ITEMS_MAX + len(aside))}
        for due in mine:
            if (due.subject, due.time) in still:
                raise Failed(due, StillDue(f"{due.kind}: still due after its handler"), kind.call.__name__)


async def put_aside(connection: Connection, due: Due, failed: Failed) -> None:
    """Pass over a due item whose handler failed; it comes again when its row is removed."""
    log.error("a due item is set aside", kind=due.kind, due=due.time.isoformat(), error=describe(failed))
    await connection.execute(
        "INSERT INTO b40.due_set_aside (kind, subject, due, detail) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        due.kind,
        due.subject,
        due.time,
        str(failed),
    )


async def expire_waiting(frame: Frame, connection: Connection, now: datetime, written: Written) -> bool:
    """Refuse what has waited a day for a key that did not come, and let go on what was behind it."""
    rows = await set_aside.expired(connection, now, ITEMS_MAX)
    for row in rows:
        record = stored_record(row)
        detail = f"{row['awaited_topic']}: {row['awaited_key']!r} is unknown; it did not come within a day"
        if row["topic"] in frame.intakes:
            reading = frame.reader.read(record)
            await set_aside.remove(connection, [record.place])
            if isinstance(reading, UnknownType):  # a newer version set it aside
                written.refused.append(Refusal(reading, reading.cloud_event.type, "unknown-key", detail))
            else:
                assert isinstance(reading, Readable), "what waits was read before"
                written.refused.append(Refusal(reading.heard, reading.heard.event.type, "unknown-key", detail))
                await _enter(frame, connection, reading)
        else:
            await connection.execute(
                "UPDATE b40.set_aside SET state = 'failed', reason = 'unknown-key', detail = $2 WHERE id = $1",
                row["id"],
                detail,
            )
        await set_aside.release_key(connection, record.topic, record.partition, record.key)
    return bool(rows)


async def _enter(frame: Frame, connection: Connection, reading: Readable) -> None:
    entry = inbox.entry(reading.heard, reading.data, frame.secret, canonical=True, versioned=frame.versioned)
    await inbox.insert(connection, [entry], await inbox.source_numbers(connection, [entry.source]))
