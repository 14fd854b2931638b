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
    """A gift to be entered: the columns in their order."""

    id: UUID
    working: UUID
    payer: str
    person: UUID | None
    city: str | None
    kind: str | None
    currency: str
    amount_minor: int
    since: datetime
    receipt: bytes | None
    honoured: UUID | None


async def known(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these ids are gifts already."""
    return {row["id"] for row in await connection.fetch("SELECT id FROM gift WHERE id = ANY($1)", ids)}


async def enter(connection: Connection, gifts: Sequence[NewGift]) -> None:
    """Enter gifts as waiting."""
    await connection.executemany(
        """INSERT INTO gift (id, working, payer, person, city, kind, currency, amount_minor, since, receipt,
             honoured, waiting_minor)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $8)""",
        [
            (
                gift.id,
                gift.working,
                gift.payer,
                gift.person,
                gift.city,
                gift.kind,
                gift.currency,
                gift.amount_minor,
                gift.since,
                gift.receipt,
                gift.honoured,
            )
            for gift in gifts
        ],
    )


async def spend(connection: Connection, spent: Sequence[SpentGift], batch: UUID) -> int:
    """Waiting gifts, or parts of them, are spent in a batch. Returns how many they were."""
    rows = await connection.fetch(
        """UPDATE gift SET batch = $3, waiting_minor = gift.waiting_minor - spent.amount_minor
           FROM unnest($1::uuid[], $2::bigint[]) AS spent (working, amount_minor)
           WHERE gift.working = spent.working AND gift.waiting_minor >= spent.amount_minor RETURNING gift.working""",
        [one.gift for one in spent],
        [one.amount_minor for one in spent],
        batch,
    )
    return len(rows)


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
