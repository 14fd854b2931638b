"""The books on a real PostgreSQL: the database itself refuses what does not balance."""

import asyncpg
import pytest
from b40_chassis.hears import Connection
from b40_solidarity.matcher.store import books, pools
from b40_solidarity.pools import Pool

from tests.solidarity.given import MONDAY

ISTANBUL_WATER = Pool("TRIST", "water-bill", "TRY")
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE"


async def spend(connection: Connection) -> None:
    """Gifts of 500.00 came and were spent; 450.00 of it were ordered."""
    await pools.enter(connection, {ISTANBUL_WATER}, MONDAY)
    await books.transfer(connection, "TRY", 50_000, debit="waiting", credit="gifts")
    await books.transfer(connection, "TRY", 50_000, debit="carried", credit="waiting")
    await books.transfer(connection, "TRY", 45_000, debit="ordered", credit="carried")


async def test_the_book_is_the_sum_of_its_transfers(connection: Connection) -> None:
    await spend(connection)
    await books.transfer(connection, "TRY", 36_000, debit="settled", credit="ordered")
    await books.transfer(connection, "TRY", 9_000, debit="carried", credit="ordered")
    await books.transfer(connection, "EUR", 1_000, debit="waiting", credit="gifts")
    await books.transfer(connection, "EUR", 0, debit="carried", credit="waiting")
    assert (await books.all_of_them(connection))["TRY"] == {
        "gifts_minor": 50_000,
        "waiting_minor": 0,
        "carried_minor": 14_000,
        "ordered_minor": 0,
        "settled_minor": 36_000,
        "refunded_minor": 0,
    }
    assert (await books.all_of_them(connection))["EUR"]["waiting_minor"] == 1_000


async def test_no_account_is_overdrawn(connection: Connection) -> None:
    """Breaks if more can be settled than was ordered."""
    await spend(connection)
    with pytest.raises(asyncpg.CheckViolationError):
        await books.transfer(connection, "TRY", 45_001, debit="settled", credit="ordered")


async def test_a_book_that_does_not_balance_is_refused(connection: Connection) -> None:
    """INVARIANT: gifts = waiting + carried + ordered + settled, whoever writes."""
    await spend(connection)
    with pytest.raises(asyncpg.CheckViolationError):
        await connection.execute("UPDATE book SET settled = settled + 1")


@pytest.mark.parametrize("statement", ["UPDATE transfer SET amount_minor = 1", "DELETE FROM transfer"])
async def test_a_transfer_is_never_changed(connection: Connection, statement: str) -> None:
    await spend(connection)
    with pytest.raises(asyncpg.RaiseError, match="added, never changed"):
        await connection.execute(statement)


async def test_what_pools_carry_is_what_the_book_carries_at_every_commit(connection: Connection) -> None:
    """INVARIANT: checked when the transaction ends. Breaks if money is carried in no pool's name."""
    await spend(connection)
    with pytest.raises(asyncpg.RaiseError, match="pools carry 0, the book says 5000"):
        async with connection.transaction():
            await connection.execute(CHECK_NOW)
    await pools.change_carry(connection, ISTANBUL_WATER.name, 5_000)
    await connection.execute(CHECK_NOW)
    assert await pools.free_carry(connection, ISTANBUL_WATER.name) == 5_000
