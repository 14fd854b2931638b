"""The public records as they were read back, and when the next one is due."""

from collections.abc import Sequence
from datetime import datetime

from b40_chassis.hears import Connection
from b40_contracts.solidarity import RecordPublished

from b40_solidarity.records import Link


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


async def last(connection: Connection, currency: str) -> Link:
    """What the next record of a currency is chained to."""
    row = await connection.fetchrow(
        "SELECT number, digest FROM record WHERE currency = $1 ORDER BY number DESC LIMIT 1", currency
    )
    return Link(**row) if row else Link()


async def is_there(connection: Connection, record: RecordPublished) -> bool:
    """Whether this very record is in the chain already."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM record WHERE currency = $1 AND number = $2 AND digest = $3)",
        record.currency,
        record.number,
        record.digest,
    )
    return found


async def covers(connection: Connection, currency: str, due: datetime) -> bool:
    """Whether there is a record of the week that ended at ``due``."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM record WHERE currency = $1 AND due = $2)", currency, due
    )
    return found


async def publish(connection: Connection, record: RecordPublished) -> None:
    """A record was read back and is the last of its chain now."""
    await connection.execute(
        "INSERT INTO record (currency, number, due, digest, counted, content) VALUES ($1, $2, $3, $4, true, $5)",
        record.currency,
        record.number,
        record.due,
        record.digest,
        record.model_dump(mode="json"),
    )


async def published(connection: Connection, currency: str) -> list[RecordPublished]:
    """The records of a currency, in their order."""
    rows = await connection.fetch("SELECT content FROM record WHERE currency = $1 ORDER BY number", currency)
    return [RecordPublished.model_validate(row["content"]) for row in rows]
