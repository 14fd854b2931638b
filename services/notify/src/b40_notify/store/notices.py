"""Notices: who is told what, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.notify import NoticeDelivered, NoticeFailed

E_MAIL = "e-mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A text for one recipient about one event."""

    id: UUID
    about: str
    channel: str
    recipient: UUID
    source: str
    event_id: str
    sealed: bool
    line: str
    paragraphs: tuple[str, ...]
    told_at: datetime
    immediate: bool
    send_due: datetime | None
    digest_due: datetime | None


async def enter(connection: Connection, notices: Sequence[Notice]) -> list[UUID]:
    """Enter notices; returns the ids of those that are to be sent now. One with a ``send_due`` is held until then.

    One that is there already stays as it is; one known only from its delivery gets its text and stays sent.
    """
    rows = await connection.fetch(
        """INSERT INTO notice (id, about, channel, recipient, source, event_id, sealed, line, paragraphs,
                               told_at, send_due, digest_due, state)
           SELECT id, about, channel, recipient, source, event_id, sealed, line, paragraphs,
                  told_at, send_due, digest_due,
                  CASE WHEN send_due IS NOT NULL THEN 'held' WHEN immediate THEN 'open' ELSE 'gathered' END
           FROM jsonb_to_recordset($1) AS entered (
             id uuid, about text, channel text, recipient uuid, source text, event_id text, sealed boolean, line text,
             paragraphs text[], told_at timestamptz, send_due timestamptz, digest_due timestamptz, immediate boolean)
           ON CONFLICT (id) DO UPDATE SET recipient = excluded.recipient, source = excluded.source,
             event_id = excluded.event_id, sealed = excluded.sealed, line = excluded.line,
             paragraphs = excluded.paragraphs, told_at = excluded.told_at,
             send_due = excluded.send_due, digest_due = excluded.digest_due
           WHERE notice.source IS NULL
           RETURNING id, state""",
        [_as_json(notice) for notice in notices],
    )
    return [row["id"] for row in rows if row["state"] == "open"]


def _as_json(notice: Notice) -> Mapping[str, Any]:
    return {
        "id": str(notice.id),
        "about": notice.about,
        "channel": notice.channel,
        "recipient": str(notice.recipient),
        "source": notice.source,
        "event_id": notice.event_id,
        "sealed": notice.sealed,
        "line": notice.line,
        "paragraphs": list(notice.paragraphs),
        "told_at": notice.told_at.isoformat(),
        "immediate": notice.immediate,
        "send_due": notice.send_due and notice.send_due.isoformat(),
        "digest_due": notice.digest_due and notice.digest_due.isoformat(),
    }


@dataclass(frozen=True, slots=True)
class ToSend:
    """What a worker needs to know of a notice before it sends it."""

    recipient: UUID
    about: str
    sealed: bool
    line: str
    paragraphs: tuple[str, ...]
    time: datetime


async def held(connection: Connection, by: datetime, limit: int) -> Sequence[tuple[str, datetime]]:
    """Recipients of what is held until then, and until when, the first first; of one hour in order of their ids."""
    rows = await connection.fetch(
        """SELECT DISTINCT recipient, send_due FROM notice
           WHERE state = 'held' AND send_due <= $1 ORDER BY send_due, recipient LIMIT $2""",
        by,
        limit,
    )
    return [(str(row["recipient"]), row["send_due"]) for row in rows]


async def release(connection: Connection, recipient: UUID, at: datetime) -> list[UUID]:
    """What is held for a recipient until then is to be sent, the same words once. Returns the ids of what is."""
    rows = await connection.fetch(
        """WITH due AS (
             SELECT id, row_number() OVER (PARTITION BY about, line, paragraphs ORDER BY id) AS place,
               EXISTS (SELECT FROM notice AS told
                       WHERE told.recipient = $1 AND told.send_due = $2 AND told.state <> 'held'
                         AND (told.about, told.line, told.paragraphs)
                           = (notice.about, notice.line, notice.paragraphs)) AS told
             FROM notice WHERE recipient = $1 AND send_due = $2 AND state = 'held')
           UPDATE notice SET state = CASE WHEN due.place = 1 AND NOT due.told THEN 'open' ELSE 'covered' END
           FROM due WHERE notice.id = due.id RETURNING notice.id, state""",
        recipient,
        at,
    )
    return sorted(row["id"] for row in rows if row["state"] == "open")


async def to_send(connection: Connection, id_: UUID) -> ToSend | None:
    """The notice, or None if it is not to be sent any more."""
    row = await connection.fetchrow(
        """SELECT recipient, about, sealed, line, paragraphs, coalesce(send_due, told_at) AS time
           FROM notice WHERE id = $1 AND state = 'open'""",
        id_,
    )
    if row is None:
        return None
    return ToSend(
        row["recipient"],
        row["about"],
        row["sealed"],
        row["line"],
        tuple(row["paragraphs"]),
        row["time"],
    )


async def delivered(connection: Connection, deliveries: Sequence[NoticeDelivered]) -> None:
    """Mark notices as sent; unknown ones are entered, so that they find themselves sent when they come."""
    await connection.execute(
        """INSERT INTO notice (id, recipient, about, channel, state, attempted)
           SELECT id, recipient, about, channel, 'sent', attempted
           FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
             AS heard (id, recipient, about, channel, attempted)
           ON CONFLICT (id) DO UPDATE SET state = 'sent', attempted = excluded.attempted, reason = NULL
           WHERE notice.state <> 'sent'""",
        [delivery.notice for delivery in deliveries],
        [delivery.recipient for delivery in deliveries],
        [delivery.about for delivery in deliveries],
        [delivery.channel for delivery in deliveries],
        [delivery.attempted for delivery in deliveries],
    )


async def failed(connection: Connection, failures: Sequence[NoticeFailed]) -> None:
    """Mark notices as failed for good, unless they were sent; unknown ones are entered."""
    await connection.execute(
        """INSERT INTO notice (id, recipient, about, channel, state, attempted, reason)
           SELECT id, recipient, about, channel, 'failed', attempted, reason
           FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
             AS heard (id, recipient, about, channel, attempted, reason)
           ON CONFLICT (id) DO UPDATE SET state = 'failed', attempted = excluded.attempted, reason = excluded.reason
           WHERE notice.state IN ('held', 'open')""",
        [failure.notice for failure in failures],
        [failure.recipient for failure in failures],
        [failure.about for failure in failures],
        [failure.channel for failure in failures],
        [failure.attempted for failure in failures],
        [failure.reason for failure in failures],
    )


async def sent_by_subject(connection: Connection) -> dict[str, int]:
    """How many notices were sent, by subject."""
    rows = await connection.fetch(
        "SELECT about, count(*) AS sent FROM notice WHERE state = 'sent' GROUP BY about ORDER BY about"
    )
    return {row["about"]: row["sent"] for row in rows}
