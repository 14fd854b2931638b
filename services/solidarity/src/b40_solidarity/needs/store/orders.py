"""Batches and orders to billers in the database."""

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
    currency: str
    due: datetime


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
             batch.currency, batch.due
           FROM placed_order JOIN batch ON batch.id = placed_order.batch WHERE placed_order.id = $1 FOR UPDATE""",
        order,
    )
    return StoredOrder(**row) if row else None


async def answer(connection: Connection, order: StoredOrder) -> bool:
    """Note that an order was answered. Returns whether all of its batch are."""
    await connection.execute("UPDATE placed_order SET answered = true WHERE id = $1", order.id)
    complete: bool = await connection.fetchval(
        "UPDATE batch SET answered = answered + 1 WHERE id = $1 RETURNING answered = orders", order.batch
    )
    return complete
