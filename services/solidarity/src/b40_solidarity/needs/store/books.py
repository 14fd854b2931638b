"""Double-entry books of this side: needs = waiting + ordered + settled + withdrawn, which the database checks."""

from b40_chassis.hears import Connection


async def transfer(connection: Connection, currency: str, amount_minor: int, *, debit: str, credit: str) -> None:
    """Book an amount from ``credit`` to ``debit``; nothing is booked for zero."""
    if amount_minor:
        await connection.execute(
            "INSERT INTO transfer (currency, debit, credit, amount_minor) VALUES ($1, $2, $3, $4)",
            currency,
            debit,
            credit,
            amount_minor,
        )
