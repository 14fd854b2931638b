"""The vault's tables: who can be told something, and where."""

from dataclasses import dataclass
from uuid import UUID

from b40_chassis.hears import Connection

from b40_notify.vault import Sealed


@dataclass(frozen=True, slots=True)
class Recipient:
    """A recipient as it rests in the vault."""

    id: UUID
    city: str | None
    language: str
    sealed: Sealed


async def enter(connection: Connection, recipient: Recipient) -> None:
    """Enter a recipient, or replace what was entered before."""
    await connection.execute(
        """INSERT INTO recipient (id, city, language, address) VALUES ($1, $2, $3, $4)
           ON CONFLICT (id) DO UPDATE SET city = $2, language = $3, address = $4""",
        recipient.id,
        recipient.city,
        recipient.language,
        recipient.sealed.address,
    )
    await connection.execute(
        """INSERT INTO keys.recipient (recipient, key) VALUES ($1, $2)
           ON CONFLICT (recipient) DO UPDATE SET key = $2""",
        recipient.id,
        recipient.sealed.key,
    )


async def find(connection: Connection, id_: UUID) -> Recipient | None:
    """The recipient, or None if there is none of that id."""
    row = await connection.fetchrow(
        """SELECT city, language, address, key
           FROM recipient JOIN keys.recipient AS its ON its.recipient = recipient.id WHERE id = $1""",
        id_,
    )
    if row is None:
        return None
    return Recipient(id_, row["city"], row["language"], Sealed(row["key"], row["address"]))


async def erase(connection: Connection, id_: UUID) -> None:
    """Delete a recipient, its key and its consent, and remember that the id was erased."""
    await connection.execute("INSERT INTO recipient_erased VALUES ($1) ON CONFLICT DO NOTHING", id_)
    await connection.execute("DELETE FROM recipient WHERE id = $1", id_)
    await connection.execute("DELETE FROM keys.recipient WHERE recipient = $1", id_)
    await connection.execute("DELETE FROM consent WHERE recipient = $1", id_)


async def is_erased(connection: Connection, id_: UUID) -> bool:
    """Whether the id belonged to a recipient who was erased."""
    erased: bool = await connection.fetchval("SELECT EXISTS (SELECT FROM recipient_erased WHERE recipient = $1)", id_)
    return erased


async def is_known(connection: Connection, id_: UUID) -> bool:
    """Whether a recipient of that id was entered; also one that a restored vault lost but whose consent was heard."""
    known: bool = await connection.fetchval(
        """SELECT EXISTS (SELECT FROM recipient WHERE id = $1) OR EXISTS (SELECT FROM consent WHERE recipient = $1)""",
        id_,
    )
    return known
