"""The books of all three apps under any interleaving: they balance at every step, and sides and matcher agree."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
from b40_chassis.hears import Connection
from b40_solidarity.gifts.app import application as gifts_app
from b40_solidarity.gifts.store import books as gifts_books
from b40_solidarity.matcher.store import books as matcher_books
from b40_solidarity.matcher.store import pools
from b40_solidarity.needs.app import application as needs_app
from b40_solidarity.needs.store import books as needs_books
from b40_solidarity.pools import Pool
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.solidarity.given import MONDAY, named
from tests.support.databases import migrated_database, taken_back

POOL = Pool("TRIST", "water-bill", "TRY")
BATCHES = st.sampled_from(["one", "two"])
MINOR = st.integers(0, 1_000)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("give"), MINOR),
        st.tuples(st.just("refund"), MINOR),
        st.tuples(st.just("spend"), MINOR, BATCHES),
        st.tuples(st.just("order"), MINOR, BATCHES),
        st.tuples(st.just("settle"), MINOR, BATCHES),
        st.tuples(st.just("reject"), MINOR, BATCHES),
    ),
    max_size=25,
)


class Hands:
    """The books of gifts, needs and matcher, and what a simple model says that they must be."""

    def __init__(self, gifts: Connection, needs: Connection, matcher: Connection) -> None:
        self.gifts, self.needs, self.matcher = gifts, needs, matcher
        self.at: Counter[str] = Counter()
        self.spent: Counter[str] = Counter()
        self.settled: Counter[str] = Counter()
        self.ordered: Counter[str] = Counter()

    async def give(self, minor: int) -> None:
        await gifts_books.transfer(self.gifts, "TRY", minor, debit="waiting", credit="gifts")
        await self._book(minor, "waiting", "gifts")

    async def refund(self, minor: int) -> None:
        """What still waits goes back to its payer."""
        minor = min(minor, self.at["waiting"])
        await gifts_books.transfer(self.gifts, "TRY", minor, debit="refunded", credit="waiting")
        await self._book(minor, "refunded", "waiting")

    async def spend(self, minor: int, batch: str) -> None:
        minor = min(minor, self.at["waiting"])
        await gifts_books.transfer(self.gifts, "TRY", minor, debit="spent", credit="waiting", batch=named(batch))
        await self._book(minor, "carried", "waiting", carry=minor)
        self.spent[batch] += minor

    async def order(self, minor: int, batch: str) -> None:
        minor = min(minor, self.at["carried"])
        await needs_books.transfer(self.needs, "TRY", minor, debit="waiting", credit="needs")
        await needs_books.transfer(self.needs, "TRY", minor, debit="ordered", credit="waiting")
        await self._book(minor, "ordered", "carried", carry=-minor)
        self.ordered[batch] += minor

    async def settle(self, minor: int, batch: str) -> None:
        minor = min(minor, self.ordered[batch])
        await needs_books.transfer(self.needs, "TRY", minor, debit="settled", credit="ordered", batch=named(batch))
        await self._book(minor, "settled", "ordered")
        self.ordered[batch] -= minor
        self.settled[batch] += minor

    async def reject(self, minor: int, batch: str) -> None:
        minor = min(minor, self.ordered[batch])
        await needs_books.transfer(self.needs, "TRY", minor, debit="waiting", credit="ordered")
        await self._book(minor, "carried", "ordered", carry=minor)
        self.ordered[batch] -= minor

    async def _book(self, minor: int, debit: str, credit: str, carry: int = 0) -> None:
        await matcher_books.transfer(self.matcher, "TRY", minor, debit=debit, credit=credit)
        await pools.change_carry(self.matcher, POOL.name, carry)
        self.at[debit] += minor
        self.at[credit] += -minor if credit != "gifts" else minor

    async def check(self) -> None:
        """What the databases say is what the model says, and what all constraints want at a commit."""
        for connection in (self.gifts, self.needs, self.matcher):
            await connection.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        book = (await matcher_books.all_of_them(self.matcher)).get("TRY", {})
        parts = ("waiting", "carried", "ordered", "settled", "refunded")
        assert {name: book.get(f"{name}_minor", 0) for name in ("gifts", *parts)} == {
            name: self.at[name] for name in ("gifts", *parts)
        }
        assert self.at["gifts"] == sum(self.at[name] for name in parts)
        assert await clearing(self.gifts) == {named(batch): minor for batch, minor in self.spent.items() if minor}
        assert await clearing(self.needs) == {named(batch): minor for batch, minor in self.settled.items() if minor}
        assert sum(self.spent.values()) == await value(self.gifts, "SELECT spent FROM book")
        assert sum(self.settled.values()) == await value(self.needs, "SELECT settled FROM book")


async def clearing(connection: Connection) -> dict[Any, int]:
    rows = await connection.fetch(
        "SELECT batch, sum(amount_minor)::bigint FROM transfer WHERE batch IS NOT NULL GROUP BY 1"
    )
    return {row[0]: row[1] for row in rows}


async def value(connection: Connection, statement: str) -> int:
    return await connection.fetchval(statement) or 0


@pytest.fixture(scope="module")
async def databases(
    postgres: str, matcher_database: "asyncpg.Pool[asyncpg.Record]"
) -> AsyncIterator[Sequence["asyncpg.Pool[asyncpg.Record]"]]:
    """Migrated databases of the three apps."""
    async with (
        migrated_database(postgres, gifts_app.migrations) as gifts,
        migrated_database(postgres, needs_app.migrations) as needs,
    ):
        yield gifts, needs, matcher_database


async def run(databases: Sequence["asyncpg.Pool[asyncpg.Record]"], steps: Sequence[tuple[Any, ...]]) -> None:
    async with AsyncExitStack() as stack:
        hands = Hands(*[await stack.enter_async_context(taken_back(pool)) for pool in databases])
        await pools.enter(hands.matcher, {POOL}, MONDAY)
        for name, *values in steps:
            await getattr(hands, name)(*values)
            await hands.check()


async def test_any_interleaving_balances_at_every_step(
    databases: Sequence["asyncpg.Pool[asyncpg.Record]"],
) -> None:
    """INVARIANT: gifts = waiting + carried + ordered + settled + refunded; each side clears what the matcher books."""
    loop = asyncio.get_running_loop()

    @settings(max_examples=40, deadline=None)
    @given(STEPS)
    def interleave(steps: list[tuple[Any, ...]]) -> None:
        asyncio.run_coroutine_threadsafe(run(databases, steps), loop).result()

    await asyncio.to_thread(interleave)


@pytest.mark.parametrize(
    ("app", "statement"),
    [
        (0, "UPDATE book SET refunded = refunded + 1"),
        (1, "UPDATE book SET settled = settled + 1"),
        (2, "UPDATE book SET refunded = refunded + 1"),
    ],
)
async def test_a_book_that_does_not_balance_is_refused_on_every_side(
    databases: Sequence["asyncpg.Pool[asyncpg.Record]"], app: int, statement: str
) -> None:
    """Breaks if a new account is outside the equation that the database checks."""
    async with taken_back(databases[app]) as connection:
        books, credit = [(gifts_books, "gifts"), (needs_books, "needs"), (matcher_books, "gifts")][app]
        await books.transfer(connection, "TRY", 5, debit="waiting", credit=credit)
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(statement)
