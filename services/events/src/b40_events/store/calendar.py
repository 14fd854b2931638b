"""The calendar: entries as they are now."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from asyncpg import Record
from b40_chassis.hears import Connection
from b40_contracts.event import Event
from b40_contracts.events import CalendarEntry

from b40_events.entries import Entry

DOMAIN = "b40network.org"


async def put(connection: Connection, entry: Entry, changed: datetime) -> bool:
    """Enter an entry; a known one rises in sequence if it differs or was cancelled. Returns whether it changed."""
    done = await connection.fetchval(
        """INSERT INTO calendar_entry AS known (entry, sequence, cancelled, content, changed)
           VALUES ($1, 0, false, $2, $3)
           ON CONFLICT (entry) DO UPDATE SET sequence = known.sequence + 1, cancelled = false,
             content = excluded.content, changed = excluded.changed
             WHERE known.cancelled OR known.content <> excluded.content
           RETURNING true""",
        entry.entry,
        entry.model_dump(mode="json"),
        changed,
    )
    return bool(done)


async def cancel(connection: Connection, entry: str, changed: datetime) -> bool:
    """Cancel an entry, rising in sequence. Returns False if there is none, or it was cancelled before."""
    done = await connection.fetchval(
        """UPDATE calendar_entry SET sequence = sequence + 1, cancelled = true, changed = $2
           WHERE entry = $1 AND NOT cancelled RETURNING true""",
        entry,
        changed,
    )
    return bool(done)


async def states(connection: Connection, keys: Sequence[str]) -> Mapping[str, Event]:
    """The whole current state of entries, by their identifiers."""
    rows = await connection.fetch("SELECT * FROM calendar_entry WHERE entry = ANY($1)", list(keys))
    return {row["entry"]: _entry(row) for row in rows}


async def feed(connection: Connection, *, concerns: str | None, cancelled: bool, limit: int) -> list[CalendarEntry]:
    """Entries, the last changed first: of what they concern, or all; cancelled ones only if asked for."""
    rows = await connection.fetch(
        """SELECT * FROM calendar_entry WHERE ($1::text IS NULL OR content ->> 'concerns' = $1)
             AND ($2 OR NOT cancelled) ORDER BY changed DESC, entry LIMIT $3""",
        concerns,
        cancelled,
        limit,
    )
    return [_entry(row) for row in rows]


def _entry(row: Record) -> CalendarEntry:
    return CalendarEntry.model_validate(
        row["content"]
        | {
            "uid": f"{row['entry']}@{DOMAIN}",
            "sequence": row["sequence"],
            "status": "CANCELLED" if row["cancelled"] else "CONFIRMED",
            "changed": row["changed"],
        }
    )
