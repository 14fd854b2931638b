"""Double-entry books of this side: gifts = waiting + spent + refunded, which the database checks."""

from uuid import UUID

from b40_chassis.hears import Connection


async def transfer(
    connection: Connection, currency: str, amount_minor: int, *, debit: str, credit: str, batch: UUID | None = None
) -> None:
    """Book an amount from ``credit`` to ``debit``; nothing is booked for zero.

    ``batch`` is that of a transfer to the clearing account: it is compared with the matcher's books batch by batch.
    """
    if amount_minor:
        await connection.execute(
            "INSERT INTO transfer (currency, debit, credit, amount_minor, batch) VALUES ($1, $2, $3, $4, $5)",
            currency,
            debit,
            credit,
            amount_minor,
            batch,
        )
