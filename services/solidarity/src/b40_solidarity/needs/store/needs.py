"""Needs in the database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record
from b40_chassis.hears import Connection


@dataclass(frozen=True, slots=True)
class StoredNeed:
    """A need as it is stored. ``working`` and ``line`` are of need and part; ``person`` is whom notices reach."""

    id: UUID
    attestation: UUID
    city: str
    household: str
    person: UUID
    kind: str
    currency: str
    amount_minor: int
    biller: str
    reference: str
    since: datetime
    k: int
    part: int
    working: UUID
    line: UUID
    state: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class NewNeed:
    """A need to be entered: the columns in their order."""

    id: UUID
    attestation: UUID
    kind: str
    currency: str
    amount_minor: int
    biller: str
    reference: str
    tag: str
    since: datetime
    k: int
    working: UUID
    line: UUID


WHOLE = """SELECT need.*, attestation.city, attestation.household, attestation.person
           FROM need JOIN attestation ON attestation.id = need.attestation"""


async def known(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these ids are needs already."""
    return {row["id"] for row in await connection.fetch("SELECT id FROM need WHERE id = ANY($1)", ids)}


async def known_bills(connection: Connection, bills: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these bills (biller and tag) are open, ordered or settled already."""
    ordered = sorted(bills)
    rows = await connection.fetch(
        """SELECT need.biller, need.tag FROM need JOIN unnest($1::text[], $2::text[]) AS bill (biller, tag)
             ON need.biller = bill.biller AND need.tag = bill.tag WHERE need.state <> 'withdrawn'""",
        [biller for biller, _ in ordered],
        [tag for _, tag in ordered],
    )
    return {(row["biller"], row["tag"]) for row in rows}


async def enter(connection: Connection, needs: Sequence[NewNeed]) -> None:
    """Enter needs as open."""
    await connection.executemany(
        """INSERT INTO need (id, attestation, kind, currency, amount_minor, biller, reference, tag, since, k,
             working, line)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
        [
            (
                need.id,
                need.attestation,
                need.kind,
                need.currency,
                need.amount_minor,
                need.biller,
                need.reference,
                need.tag,
                need.since,
                need.k,
                need.working,
                need.line,
            )
            for need in needs
        ],
    )


async def lock(connection: Connection, need: UUID) -> StoredNeed | None:
    """A need, locked until the transaction ends, or None if there is none."""
    row = await connection.fetchrow(f"{WHOLE} WHERE need.id = $1 FOR UPDATE OF need", need)
    return _need(row) if row else None


async def lock_working(connection: Connection, working: Sequence[UUID]) -> list[StoredNeed]:
    """Needs by their working ids, locked until the transaction ends, in order of these."""
    rows = await connection.fetch(
        f"{WHOLE} WHERE need.working = ANY($1) ORDER BY need.working FOR UPDATE OF need", working
    )
    return [_need(row) for row in rows]


async def lock_ordered(connection: Connection, order: UUID) -> list[StoredNeed]:
    """The needs of an order, locked until the transaction ends, in order of their working ids."""
    rows = await connection.fetch(
        f"{WHOLE} WHERE need.placed_order = $1 ORDER BY need.working FOR UPDATE OF need", order
    )
    return [_need(row) for row in rows]


async def withdraw(connection: Connection, needs: Sequence[UUID]) -> None:
    """Open or rejected needs are withdrawn."""
    await connection.execute(
        "UPDATE need SET state = 'withdrawn', withdrawn = true, placed_order = NULL WHERE id = ANY($1)", needs
    )


async def withdraw_if_rejected(connection: Connection, need: UUID) -> None:
    """An ordered need is not opened again if it is rejected."""
    await connection.execute("UPDATE need SET withdrawn = true WHERE id = $1", need)


async def settle(connection: Connection, needs: Sequence[UUID]) -> None:
    """Ordered needs were paid."""
    await connection.execute("UPDATE need SET state = 'settled' WHERE id = ANY($1)", needs)


async def order(connection: Connection, needs: Sequence[UUID], order_id: UUID) -> None:
    """Open needs are ordered."""
    await connection.execute("UPDATE need SET state = 'ordered', placed_order = $2 WHERE id = ANY($1)", needs, order_id)


async def reopen(connection: Connection, need: UUID, working: UUID, line: UUID) -> None:
    """A rejected need is open again as its next part."""
    await connection.execute(
        """UPDATE need SET state = 'open', placed_order = NULL, part = part + 1, working = $2, line = $3
           WHERE id = $1""",
        need,
        working,
        line,
    )


async def persons_settled(connection: Connection, batch: UUID) -> list[tuple[str, UUID]]:
    """City and person of each settled need of a batch, in order of the persons."""
    rows = await connection.fetch(
        """SELECT attestation.city, attestation.person FROM need
           JOIN placed_order ON placed_order.id = need.placed_order
           JOIN attestation ON attestation.id = need.attestation
           WHERE placed_order.batch = $1 AND need.state = 'settled' ORDER BY attestation.person, need.id""",
        batch,
    )
    return [(row["city"], row["person"]) for row in rows]


def _need(row: Record) -> StoredNeed:
    return StoredNeed(**{name: row[name] for name in StoredNeed.__dataclass_fields__})
