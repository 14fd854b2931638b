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
    digest_due: datetime | None


async def enter(connection: Connection, notices: Sequence[Notice]) -> list[UUID]:
    """Enter notices; returns the ids of those that are to be sent now.

    One that is there already stays as it is; one known only from its delivery gets its text and stays sent.
    """
    rows = await connection.fetch(
        """INSERT INTO notice (id, about, channel, recipient, source, event_id, sealed, line, paragraphs,
                               told_at, digest_due, state)
           SELECT id, about, channel, recipient, source, event_id, sealed, line, paragraphs,
                  told_at, digest_due, CASE WHEN immediate THEN 'open' ELSE 'gathered' END
           FROM jsonb_to_recordset($1) AS entered (
             id uuid, about text, channel text, recipient uuid, source text, event_id text, sealed boolean, line text,
             paragraphs text[], told_at timestamptz, digest_due timestamptz, immediate boolean)
           ON CONFLICT (id) DO UPDATE SET recipient = excluded.recipient, source = excluded.source,
             event_id = excluded.event_id, sealed = excluded.sealed, line = excluded.line,
             paragraphs = excluded.paragraphs, told_at = excluded.told_at,
             digest_due = excluded.digest_due
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
    told_at: datetime


async def to_send(connection: Connection, id_: UUID) -> ToSend | None:
    """The notice, or None if it is not to be sent any more."""
    row = await connection.fetchrow(
        """SELECT recipient, about, sealed, line, paragraphs, told_at
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
        row["told_at"],
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
           WHERE notice.state = 'open'""",
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
