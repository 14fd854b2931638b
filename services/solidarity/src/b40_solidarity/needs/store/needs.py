"""Needs in the database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record
from b40_chassis.hears import Connection


class NewNeed(NamedTuple):
    """A need, or a part of one, to be entered: the columns in their order."""

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
    f_payers: int
    f_households: int
    border: str
    vouched: bool
    cut_off: date | None
    working: UUID
    line: UUID
    part: int = 1
    part_of: UUID | None = None


@dataclass(frozen=True, slots=True)
class StoredNeed:
    """A need as it is stored. ``working`` and ``line`` are of need and part; ``household`` is a keyed hash.

    ``person`` is whom notices reach, None if it is erased.

    What a batch ordered in part has a need of its own for the rest, ``part_of`` the first.
    """

    id: UUID
    attestation: UUID
    city: str
    household: UUID
    person: UUID | None
    kind: str
    currency: str
    amount_minor: int
    biller: str
    reference: str
    tag: str
    since: datetime
    k: int
    f_payers: int
    f_households: int
    border: str
    vouched: bool
    cut_off: date | None
    part: int
    part_of: UUID | None
    working: UUID
    line: UUID
    state: str
    withdrawn: bool

    @property
    def first(self) -> UUID:
        """The need itself, of which this may be a rest."""
        return self.part_of or self.id

    def rest(self, amount_minor: int, *, id_: UUID, working: UUID, line: UUID, part: int) -> NewNeed:
        """What is left of it after a part was ordered, as a need of its own with the same age and rules."""
        same = {name: getattr(self, name) for name in NewNeed._fields}
        changed = {"id": id_, "working": working, "line": line, "part": part, "part_of": self.first}
        return NewNeed(**{**same, **changed, "amount_minor": amount_minor})


WHOLE = """SELECT need.*, attestation.city, attestation.household, attestation.person
           FROM need JOIN attestation ON attestation.id = need.attestation"""
UNTOLD = """LEFT JOIN placed_order ON placed_order.id = need.placed_order
            LEFT JOIN batch ON batch.id = placed_order.batch
            WHERE need.state = 'settled' AND need.part_of IS NULL AND NOT need.told
              AND (batch.id IS NULL OR batch.answered = batch.orders)
              AND (attestation.city, need.kind, need.currency) IN (
                SELECT holder.city, one.kind, one.currency FROM need AS one
                JOIN placed_order ON placed_order.id = one.placed_order
                JOIN attestation AS holder ON holder.id = one.attestation WHERE placed_order.batch = $1)
              AND NOT EXISTS (
                SELECT FROM need AS rest LEFT JOIN placed_order ON placed_order.id = rest.placed_order
                LEFT JOIN batch ON batch.id = placed_order.batch
                WHERE rest.part_of = need.id AND (rest.state <> 'settled' OR batch.answered < batch.orders))"""


async def known(connection: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these ids are needs already."""
    return {row["id"] for row in await connection.fetch("SELECT id FROM need WHERE id = ANY($1)", ids)}


async def known_bills(connection: Connection, bills: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Which of these bills (biller and tag) are open, ordered or settled already, be it only a rest of them."""
    ordered = sorted(bills)
    rows = await connection.fetch(
        """WITH bill AS (SELECT * FROM unnest($1::text[], $2::text[]) AS one (biller, tag))
           SELECT biller, tag FROM need JOIN bill USING (biller, tag) WHERE state <> 'withdrawn' AND part_of IS NULL
           UNION
           SELECT biller, tag FROM need JOIN bill USING (biller, tag) WHERE state <> 'withdrawn' AND part_of IS NOT NULL
        """,
        [biller for biller, _ in ordered],
        [tag for _, tag in ordered],
    )
    return {(row["biller"], row["tag"]) for row in rows}


async def enter(connection: Connection, needs: Sequence[NewNeed]) -> None:
    """Enter needs as open."""
    if needs:
        await connection.execute(
            """INSERT INTO need (id, attestation, kind, currency, amount_minor, biller, reference, tag, since, k,
                 f_payers, f_households, border, vouched, cut_off, working, line, part, part_of)
               SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bigint[], $6::text[],
                 $7::text[], $8::text[], $9::timestamptz[], $10::integer[], $11::integer[], $12::integer[],
                 $13::text[], $14::boolean[], $15::date[], $16::uuid[], $17::uuid[], $18::integer[], $19::uuid[])""",
            *zip(*needs, strict=True),
        )


async def cut(connection: Connection, need: UUID, amount_minor: int) -> None:
    """An open need asks for a part of its amount alone; the rest is entered as a need of its own."""
    await connection.execute("UPDATE need SET amount_minor = $2 WHERE id = $1", need, amount_minor)


async def next_part(connection: Connection, need: StoredNeed) -> int:
    """The number of the next part of a bill."""
    number: int = await connection.fetchval("SELECT max(part) + 1 FROM need WHERE id = $1 OR part_of = $1", need.first)
    return number


async def lock_parts(connection: Connection, need: UUID) -> list[StoredNeed]:
    """A need and the rests of it, locked until the transaction ends, in order of their working ids."""
    rows = await connection.fetch(
        f"{WHOLE} WHERE need.id = $1 OR need.part_of = $1 ORDER BY need.working FOR UPDATE OF need", need
    )
    return [_need(row) for row in rows]


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


async def lock_of_subject(connection: Connection, subject: UUID) -> list[StoredNeed]:
    """The needs of a person, by its keyed hash, locked until the transaction ends, in order of their working ids."""
    rows = await connection.fetch(
        f"{WHOLE} WHERE attestation.subject = $1 ORDER BY need.working FOR UPDATE OF need", subject
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


async def reopen(connection: Connection, need: UUID, working: UUID, line: UUID, part: int) -> None:
    """A rejected need is open again as its next part."""
    await connection.execute(
        "UPDATE need SET state = 'open', placed_order = NULL, part = $4, working = $2, line = $3 WHERE id = $1",
        need,
        working,
        line,
        part,
    )


async def households_settled(connection: Connection, batch: UUID) -> int:
    """How many distinct households have something settled by a batch."""
    count: int = await connection.fetchval(
        """SELECT count(DISTINCT attestation.household) FROM need
           JOIN placed_order ON placed_order.id = need.placed_order
           JOIN attestation ON attestation.id = need.attestation
           WHERE placed_order.batch = $1 AND need.state = 'settled'""",
        batch,
    )
    return count


async def lock_untold(connection: Connection, batch: UUID) -> list[StoredNeed]:
    """Of the cities, kinds and currency of a batch the needs whose parts are all settled, and that were not told.

    Only what batches settled that are answered whole; locked, in order of the persons.
    """
    rows = await connection.fetch(
        f"{WHOLE} {UNTOLD} ORDER BY attestation.person, need.id FOR UPDATE OF need",
        batch,
    )
    return [_need(row) for row in rows]


async def note_told(connection: Connection, needs: Sequence[UUID]) -> None:
    """Whose these are is told."""
    await connection.execute("UPDATE need SET told = true WHERE id = ANY($1)", needs)


def _need(row: Record) -> StoredNeed:
    return StoredNeed(**{name: row[name] for name in StoredNeed.__dataclass_fields__})
