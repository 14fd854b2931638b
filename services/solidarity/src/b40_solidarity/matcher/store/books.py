"""Double-entry books between the sides: gifts = waiting + carried + ordered + settled + refunded."""

from b40_chassis.hears import Connection

ACCOUNTS = ("gifts", "waiting", "carried", "ordered", "settled", "refunded")


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


async def all_of_them(connection: Connection) -> dict[str, dict[str, int]]:
    """The books by currency, each account in minor units."""
    rows = await connection.fetch("SELECT * FROM book ORDER BY currency")
    return {row["currency"]: {f"{account}_minor": row[account] for account in ACCOUNTS} for row in rows}
