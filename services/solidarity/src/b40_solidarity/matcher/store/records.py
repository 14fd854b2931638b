"""The public records, proposed and read back; when the next one is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from b40_chassis.hears import Connection
from b40_contracts.solidarity import RecordPublished

from b40_solidarity.records import FIRST_PREVIOUS


@dataclass(frozen=True, slots=True)
class Last:
    """The last record of a currency; ``due`` is None before the first."""

    due: datetime | None
    digest: str


async def expect(connection: Connection, currency: str, due: datetime) -> None:
    """A currency has records from now on, the first at ``due``; nothing changes if it has already."""
    await connection.execute("INSERT INTO record_due VALUES ($1, $2) ON CONFLICT DO NOTHING", currency, due)


async def due(connection: Connection, now: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Currencies whose week has ended by now, and its end, oldest first."""
    rows = await connection.fetch(
        "SELECT currency, due FROM record_due WHERE due <= $1 ORDER BY due, currency LIMIT $2", now, limit
    )
    return [(row["currency"], row["due"]) for row in rows]


async def set_next_due(connection: Connection, currency: str, due: datetime) -> None:
    """The next record of a currency is due then."""
    await connection.execute("UPDATE record_due SET due = $2 WHERE currency = $1", currency, due)


async def last(connection: Connection, currency: str) -> Last:
    """The last record of a currency, also one that is only proposed."""
    row = await connection.fetchrow(
        "SELECT due, digest FROM record WHERE currency = $1 ORDER BY number DESC LIMIT 1", currency
    )
    return Last(**row) if row else Last(None, FIRST_PREVIOUS)


async def propose(connection: Connection, record: RecordPublished) -> None:
    """Keep a record that is announced and not read back yet."""
    await _put(connection, record, counted=False)


async def publish(connection: Connection, record: RecordPublished) -> None:
    """A record was read back and counts."""
    await _put(connection, record, counted=True)


async def forget_proposed(connection: Connection, currency: str) -> None:
    """A record is void: what was proposed goes, so that the next one follows the last that counts."""
    await connection.execute("DELETE FROM record WHERE currency = $1 AND NOT counted", currency)


async def published(connection: Connection, currency: str) -> list[RecordPublished]:
    """The records of a currency that count, in their order."""
    rows = await connection.fetch(
        "SELECT content FROM record WHERE currency = $1 AND counted ORDER BY number", currency
    )
    return [RecordPublished.model_validate(row["content"]) for row in rows]


async def _put(connection: Connection, record: RecordPublished, *, counted: bool) -> None:
    await connection.execute(
        """INSERT INTO record (currency, number, due, digest, counted, content) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (currency, number) DO UPDATE SET due = excluded.due, digest = excluded.digest,
             counted = excluded.counted, content = excluded.content""",
        record.currency,
        record.number,
        record.due,
        record.digest,
        counted,
        record.model_dump(mode="json"),
    )
