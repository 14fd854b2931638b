"""Digests: the notices of a recipient's day, gathered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.notify import DigestDelivered, DigestFailed

from b40_notify.texts.text import Text


async def due(connection: Connection, by: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Recipients whose digest is due by then, and since when, the oldest first."""
    rows = await connection.fetch(
        """SELECT DISTINCT recipient, digest_due FROM notice
           WHERE digest_due <= $1 AND digest IS NULL ORDER BY digest_due, recipient LIMIT $2""",
        by,
        limit,
    )
    return [(str(row["recipient"]), row["digest_due"]) for row in rows]


async def gather(connection: Connection, id_: UUID, recipient: UUID, at: datetime) -> bool:
    """Put a recipient's notices that are due into one digest. True if it is to be sent, False if it was sent before."""
    state: str = await connection.fetchval(
        """WITH waiting AS (
             SELECT id FROM notice WHERE recipient = $2 AND digest_due = $3 AND digest IS NULL)
           INSERT INTO digest (id, recipient, day, due, notices, state)
           SELECT $1, $2, $4, $3, count(*), 'open' FROM waiting
           ON CONFLICT (id) DO UPDATE SET due = excluded.due RETURNING state""",
        id_,
        recipient,
        at,
        at.date(),
    )
    await connection.execute(
        "UPDATE notice SET digest = $1 WHERE recipient = $2 AND digest_due = $3 AND digest IS NULL", id_, recipient, at
    )
    return state == "open"


@dataclass(frozen=True, slots=True)
class Gathered:
    """One notice of a digest."""

    about: str
    text: Text


@dataclass(frozen=True, slots=True)
class ToSend:
    """What a worker needs to know of a digest before it sends it. ``count`` is how many notices it gathered."""

    recipient: UUID
    day: date
    due: datetime
    count: int
    notices: tuple[Gathered, ...]


async def to_send(connection: Connection, id_: UUID) -> ToSend | None:
    """The digest with its notices by subject and time, or None if it is not to be sent any more."""
    rows = await connection.fetch(
        """SELECT digest.recipient, day, due, notices, about, line, paragraphs
           FROM digest JOIN notice ON notice.digest = digest.id
           WHERE digest.id = $1 AND digest.state = 'open' ORDER BY about, told_at, line, notice.id""",
        id_,
    )
    if not rows:
        return None
    first = rows[0]
    return ToSend(
        first["recipient"],
        first["day"],
        first["due"],
        first["notices"],
        tuple(Gathered(row["about"], Text(row["line"], tuple(row["paragraphs"]))) for row in rows),
    )


async def delivered(connection: Connection, heard: DigestDelivered) -> None:
    """Mark a digest as sent; an unknown one is entered, so that it finds itself sent when it is due again."""
    await connection.execute(
        """INSERT INTO digest (id, recipient, day, notices, state, attempted) VALUES ($1, $2, $3, $4, 'sent', $5)
           ON CONFLICT (id) DO UPDATE SET state = 'sent', attempted = $5, reason = NULL WHERE digest.state <> 'sent'""",
        heard.digest,
        heard.recipient,
        heard.day,
        heard.notices,
        heard.attempted,
    )


async def failed(connection: Connection, heard: DigestFailed) -> None:
    """Mark a digest as failed for good, unless it was sent; an unknown one is entered."""
    await connection.execute(
        """INSERT INTO digest (id, recipient, day, notices, state, attempted, reason)
           VALUES ($1, $2, $3, $4, 'failed', $5, $6)
           ON CONFLICT (id) DO UPDATE SET state = 'failed', attempted = $5, reason = $6 WHERE digest.state = 'open'""",
        heard.digest,
        heard.recipient,
        heard.day,
        heard.notices,
        heard.attempted,
        heard.reason,
    )


async def sent(connection: Connection) -> int:
    """How many digests were sent."""
    count: int = await connection.fetchval("SELECT count(*) FROM digest WHERE state = 'sent'")
    return count
