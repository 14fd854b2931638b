"""Growth: databases whose inbox has many rows already, made once each and copied for every run."""

import time
from collections.abc import Callable

import asyncpg
from b40_chassis.database import migrate, open_pool
from b40_contracts.topic import MEMORY_DAYS

from tests.benchmarks import events
from tests.benchmarks.site import Machine, Site
from tests.support.ledger.app import MIGRATIONS

PASSES = 5
"""Random ids come in sorted passes: pages split and end as full as after single inserts, in a tenth of the time."""

TIME_ORDERED = """overlay(overlay(lpad(to_hex({begun} - $2 + number), 12, '0') || left(md5(number::text), 20)
                    PLACING '8' FROM 13) PLACING '8' FROM 17 FOR 1)::uuid"""
RANDOM = "overlay(overlay(md5(number::text) PLACING '4' FROM 13) PLACING '8' FROM 17 FOR 1)::uuid"
# appended over the memory: what is older is forgotten while the copies run, and that would be measured too
ENTER = """INSERT INTO b40.inbox (source, id, digest, appended)
           SELECT $1::int, {id} AS id, decode(left(md5(number::text), 16), 'hex'),
             now() - make_interval(days => {days}) * ($2::bigint - number) / $2
           FROM generate_series(1, $2::bigint) AS number WHERE number % {passes} = $3 ORDER BY 2"""


def say_nothing(_: str) -> None:
    """The progress of what nobody watches."""


class Templates:
    """Databases to begin with copies of. They are dropped at the end of the site that made them."""

    def __init__(self, machine: Machine, tell: Callable[[str], None] = say_nothing) -> None:
        self._machine = machine
        self._tell = tell
        self._made: dict[tuple[int, bool], str] = {}

    async def with_inbox(self, rows: int, *, random: bool) -> str:
        """The name of a database whose inbox has so many rows."""
        if (rows, random) not in self._made:
            await self._make(rows, random=random)
        return self._made[rows, random]

    async def drop(self) -> None:
        """Drop all."""
        connection = await asyncpg.connect(self._machine.postgres)
        for name in self._made.values():
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()

    async def _make(self, rows: int, *, random: bool) -> None:
        begun = time.monotonic()
        site = Site(self._machine)
        await site.create_database()
        self._made[rows, random] = site.database_name
        pool = await open_pool(site.database, 2)
        try:
            await migrate(pool, MIGRATIONS)
        finally:
            await pool.close()
        connection = await asyncpg.connect(site.database)
        try:
            await _enter(connection, rows, random=random)
        finally:
            await connection.close()
        self._tell(f"an inbox of {rows:,} rows made in {time.monotonic() - begun:.0f} s")


async def _enter(connection: "asyncpg.Connection[asyncpg.Record]", rows: int, *, random: bool) -> None:
    source = await connection.fetchval("INSERT INTO b40.source (name) VALUES ($1) RETURNING id", events.SENDER)
    begun = int(events.BEGUN.timestamp() * 1000)
    passes = PASSES if random else 1
    statement = ENTER.format(
        id=(RANDOM if random else TIME_ORDERED).format(begun=begun), days=MEMORY_DAYS, passes=passes
    )
    for number in range(passes):
        await connection.execute(statement, source, rows, number)
    await connection.execute("VACUUM (ANALYZE) b40.inbox")
