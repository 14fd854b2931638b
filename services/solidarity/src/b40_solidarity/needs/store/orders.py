"""Batches and orders to billers in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Connection


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order, with what of its batch is needed to answer it."""

    id: UUID
    batch: UUID
    biller: str
    answered: bool
    answer: bytes | None
    currency: str
    due: datetime


@dataclass(frozen=True, slots=True)
class TroubledOrder:
    """An order that somebody has to ask its biller about."""

    order: UUID
    biller: str
    placed_at: datetime
    contradicted_at: datetime | None


TROUBLED = "SELECT placed_order.id AS order, biller, due AS placed_at, contradicted_at"
OVERDUE = """FROM placed_order JOIN batch ON batch.id = placed_order.batch
             WHERE NOT placed_order.answered AND batch.due < $1"""


async def enter_batch(connection: Connection, batch: UUID, due: datetime, currency: str, orders: int) -> None:
    """Enter a batch with how many orders it has."""
    await connection.execute(
        "INSERT INTO batch (id, due, currency, orders) VALUES ($1, $2, $3, $4)", batch, due, currency, orders
    )


async def enter(connection: Connection, order: UUID, batch: UUID, biller: str, total_minor: int) -> None:
    """Enter an order."""
    await connection.execute(
        "INSERT INTO placed_order (id, batch, biller, total_minor) VALUES ($1, $2, $3, $4)",
        order,
        batch,
        biller,
        total_minor,
    )


async def lock(connection: Connection, order: UUID) -> StoredOrder | None:
    """An order with its batch, both locked until the transaction ends, or None if there is none."""
    row = await connection.fetchrow(
        """SELECT placed_order.id, placed_order.batch, placed_order.biller, placed_order.answered,
             placed_order.answer, batch.currency, batch.due
           FROM placed_order JOIN batch ON batch.id = placed_order.batch WHERE placed_order.id = $1 FOR UPDATE""",
        order,
    )
    return StoredOrder(**row) if row else None


async def answer(connection: Connection, order: StoredOrder, digest: bytes) -> bool:
    """Note that an order was answered, and how. Returns whether all of its batch are."""
    await connection.execute("UPDATE placed_order SET answered = true, answer = $2 WHERE id = $1", order.id, digest)
    complete: bool = await connection.fetchval(
        "UPDATE batch SET answered = answered + 1 WHERE id = $1 RETURNING answered = orders", order.batch
    )
    return complete


async def note_contradiction(connection: Connection, order: UUID, now: datetime) -> None:
    """Note that an answered order was answered otherwise."""
    await connection.execute("UPDATE placed_order SET contradicted_at = $2 WHERE id = $1", order, now)


async def count_overdue(connection: Connection, before: datetime) -> int:
    """How many orders were placed before then and not answered."""
    count: int = await connection.fetchval(f"SELECT count(*) {OVERDUE}", before)
    return count


async def overdue(connection: Connection, before: datetime, limit: int) -> list[TroubledOrder]:
    """Those orders, the oldest first."""
    rows = await connection.fetch(f"{TROUBLED} {OVERDUE} ORDER BY due, placed_order.id LIMIT $2", before, limit)
    return [TroubledOrder(**row) for row in rows]


async def contradicted(connection: Connection, limit: int) -> list[TroubledOrder]:
    """Orders that were answered again otherwise, the last first; as long as their first answer is remembered."""
    rows = await connection.fetch(
        f"""{TROUBLED} FROM placed_order JOIN batch ON batch.id = placed_order.batch
           WHERE contradicted_at IS NOT NULL ORDER BY contradicted_at DESC, placed_order.id LIMIT $1""",
        limit,
    )
    return [TroubledOrder(**row) for row in rows]


async def forget_answers(connection: Connection, batches: Sequence[UUID]) -> None:
    """Forget how the orders of these batches were answered: which lines were rejected names needs of a batch."""
    await connection.execute(
        "UPDATE placed_order SET answer = NULL, contradicted_at = NULL WHERE batch = ANY($1) AND answer IS NOT NULL",
        batches,
    )
