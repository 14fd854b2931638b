"""What recipients agreed to, as it was heard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.notify import ConsentGiven


@dataclass(frozen=True, slots=True)
class Consent:
    """What a recipient agreed to: subjects, and how it wants to be told."""

    about: tuple[str, ...]
    immediate: bool
    digest: bool


async def give(connection: Connection, given: ConsentGiven) -> None:
    """Replace what a recipient had agreed to, unless it was erased meanwhile."""
    await connection.execute(
        """INSERT INTO consent (recipient, about, immediate, digest)
           SELECT $1, $2::text[], $3, $4
           WHERE NOT EXISTS (SELECT FROM recipient_erased WHERE recipient = $1)
           ON CONFLICT (recipient) DO UPDATE SET about = $2, immediate = $3, digest = $4""",
        given.recipient,
        list(given.about),
        given.immediate,
        given.digest,
    )


async def withdraw(connection: Connection, recipient: UUID, about: str | None) -> None:
    """Take a subject, or all of them, out of what a recipient agreed to."""
    await connection.execute(
        """UPDATE consent SET about = CASE WHEN $2::text IS NULL THEN '{}' ELSE array_remove(about, $2) END
           WHERE recipient = $1""",
        recipient,
        about,
    )


async def find(connection: Connection, recipient: UUID) -> Consent | None:
    """What a recipient agreed to, or None if it was never heard."""
    row = await connection.fetchrow("SELECT about, immediate, digest FROM consent WHERE recipient = $1", recipient)
    if row is None:
        return None
    return Consent(tuple(row["about"]), row["immediate"], row["digest"])


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who is to be told: how, in which language, and in which time zone its days are
    (None: unknown), and when its last digest was gathered."""

    recipient: UUID
    language: str
    immediate: bool
    digest: bool
    timezone: str | None
    last_digest: datetime | None


LISTENERS = """SELECT recipient.id, language, immediate, digest, timezone,
             (SELECT max(due) FROM digest WHERE digest.recipient = recipient.id) AS last_digest
           FROM consent JOIN recipient ON recipient.id = consent.recipient LEFT JOIN city ON code = recipient.city"""


async def audience(connection: Connection, about: str, cities: Sequence[str] | None) -> list[Listener]:
    """Who agreed to be told about a subject: those of these cities and those of no city, or all if it is None."""
    rows = await connection.fetch(
        f"""{LISTENERS}
           WHERE $1 = ANY (about) AND (immediate OR digest)
             AND ($2::text[] IS NULL OR city IS NULL OR city = ANY ($2))
           ORDER BY recipient.id""",
        about,
        None if cities is None else list(cities),
    )
    return [Listener(*row) for row in rows]


async def named(connection: Connection, about: str, recipients: Sequence[UUID]) -> list[Listener]:
    """Those of these recipients who agreed to be told about a subject."""
    rows = await connection.fetch(
        f"""{LISTENERS}
           WHERE recipient.id = ANY ($2) AND $1 = ANY (about) AND (immediate OR digest)
           ORDER BY recipient.id""",
        about,
        list(recipients),
    )
    return [Listener(*row) for row in rows]
