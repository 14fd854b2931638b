"""Gifts in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from b40_chassis.hears import Connection
from b40_contracts.solidarity import SpentGift


@dataclass(frozen=True, slots=True)
class NewGift:
    """A gift to be entered. ``payer`` is the keyed hash of its token, which is not kept, ``subject`` of who gives."""

    id: UUID
    working: UUID
    payer: UUID
    subject: UUID
    person: UUID | None
    city: str | None
    kind: str | None
    currency: str
    amount_minor: int
    since: datetime
    receipt: bytes | None
    honoured: UUID | None
    partner: UUID


@dataclass(frozen=True, slots=True)
class StoredGift:
    """A gift as it is stored. ``partner`` is the keyed hash of who reported it, None if that was not kept yet."""

    id: UUID
    working: UUID
    partner: UUID | None
    currency: str
    waiting_minor: int
    withdrawn: bool


STORED = "SELECT id, working, partner, currency, waiting_minor, withdrawn FROM gift"


async def known(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these ids are gifts already."""
    return {row["id"] for row in await connection.fetch("SELECT id FROM gift WHERE id = ANY($1)", ids)}


async def enter(connection: Connection, gifts: Sequence[NewGift]) -> None:
    """Enter gifts as waiting."""
    await connection.execute(
        """INSERT INTO gift (id, working, payer, subject, person, city, kind, currency, amount_minor, since, receipt,
             honoured, partner, waiting_minor)
           SELECT *, amount_minor FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
               $7::text[], $8::text[], $9::bigint[], $10::timestamptz[], $11::bytea[], $12::uuid[], $13::uuid[])
             AS one (id, working, payer, subject, person, city, kind, currency, amount_minor, since, receipt, honoured,
               partner)""",
        [gift.id for gift in gifts],
        [gift.working for gift in gifts],
        [gift.payer for gift in gifts],
        [gift.subject for gift in gifts],
        [gift.person for gift in gifts],
        [gift.city for gift in gifts],
        [gift.kind for gift in gifts],
        [gift.currency for gift in gifts],
        [gift.amount_minor for gift in gifts],
        [gift.since for gift in gifts],
        [gift.receipt for gift in gifts],
        [gift.honoured for gift in gifts],
        [gift.partner for gift in gifts],
    )


async def lock(connection: Connection, gift: UUID) -> StoredGift | None:
    """A gift by the id that it was reported under, locked until the transaction ends, or None."""
    row = await connection.fetchrow(f"{STORED} WHERE id = $1 FOR UPDATE", gift)
    return StoredGift(**row) if row else None


async def lock_working(connection: Connection, working: UUID) -> StoredGift | None:
    """A gift by its working id, locked until the transaction ends, or None."""
    row = await connection.fetchrow(f"{STORED} WHERE working = $1 FOR UPDATE", working)
    return StoredGift(**row) if row else None


async def withdraw(connection: Connection, gift: UUID) -> None:
    """A gift is withdrawn; what waits of it does so until the matcher has answered."""
    await connection.execute("UPDATE gift SET withdrawn = true WHERE id = $1", gift)


async def refund(connection: Connection, gift: UUID) -> None:
    """All that waits of a withdrawn gift goes back."""
    await connection.execute(
        "UPDATE gift SET refunded_minor = waiting_minor, waiting_minor = 0 WHERE id = $1 AND withdrawn", gift
    )


async def spend(connection: Connection, spent: Sequence[SpentGift], batch: UUID) -> list[StoredGift]:
    """Waiting gifts, or parts of them, are spent in a batch. Returns those that could be, as they are now."""
    rows = await connection.fetch(
        """UPDATE gift SET batch = $3, waiting_minor = gift.waiting_minor - spent.amount_minor
           FROM unnest($1::uuid[], $2::bigint[]) AS spent (working, amount_minor)
           WHERE gift.working = spent.working AND gift.waiting_minor >= spent.amount_minor
           RETURNING gift.id, gift.working, gift.partner, gift.currency, gift.waiting_minor, gift.withdrawn""",
        [one.gift for one in spent],
        [one.amount_minor for one in spent],
        batch,
    )
    return sorted((StoredGift(**row) for row in rows), key=lambda gift: gift.id)


async def forget_giver(connection: Connection, subject: UUID) -> None:
    """Who gave these can be told no more."""
    await connection.execute("UPDATE gift SET person = NULL, receipt = NULL WHERE subject = $1", subject)


async def forget_honoured(connection: Connection, person: UUID) -> None:
    """In whose name these were given can be told no more."""
    await connection.execute("UPDATE gift SET honoured = NULL WHERE honoured = $1", person)


class ToTell(NamedTuple):
    """Of a gift, who is to be told: who gave it, and in whose name; each if wanted."""

    city: str | None
    giver: UUID | None
    honoured: UUID | None


async def to_tell(connection: Connection, batch: UUID) -> list[ToTell]:
    """Of each gift that a batch spent of, whom to tell if they were not told; they are told now."""
    rows = await connection.fetch(
        """UPDATE gift SET told = true WHERE batch = $1 AND NOT told AND num_nonnulls(person, honoured) > 0
           RETURNING city, person, honoured, id""",
        batch,
    )
    return [ToTell(row["city"], row["person"], row["honoured"]) for row in sorted(rows, key=lambda row: row["id"])]
