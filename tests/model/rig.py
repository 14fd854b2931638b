"""Where the model touches the chassis: its real code on a real database, with clients of the model's log.

All that this test knows of the chassis's inside stands here.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from aiokafka.errors import KafkaError
from b40_chassis import guard, hearing, sending, set_aside, stopped
from b40_chassis.cursor import Cursor
from b40_chassis.frame import Frame, build
from b40_chassis.guard import Guard
from b40_chassis.hearing import Hearing
from b40_chassis.rebalance import Rebalance
from b40_chassis.record import Record, record_of
from b40_chassis.relay import Relay
from b40_chassis.releasing import Releaser
from b40_chassis.settings import Settings
from pydantic import SecretStr

from tests.model.clients import Consumer, Lookups, Producer, Sent, full
from tests.model.fate import Fate, FatefulPool, Killed
from tests.model.log import UNLUCKY_RECEIVER, Log
from tests.support.ledger.app import ledger
from tests.support.ledger.facts import INTAKE

HEARING = "main"
LUCK = f"""CREATE TABLE luck (good boolean NOT NULL);
  INSERT INTO luck VALUES (false);
  CREATE FUNCTION try_luck() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.receiver LIKE '{UNLUCKY_RECEIVER}%' AND NOT (SELECT good FROM luck) THEN
      RAISE check_violation USING MESSAGE = 'out of luck';
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER luck BEFORE INSERT ON transfer FOR EACH ROW EXECUTE FUNCTION try_luck()"""  # noqa: S608 (constant)
NEW, BACKUP = "new_database", "backup"
BLOCKED = """SELECT EXISTS (SELECT FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock')"""
PATIENCE_SECONDS = 10
SNAPSHOT = """SELECT
  (SELECT coalesce(json_agg(json_build_array(account, number, amount) ORDER BY place), '[]') FROM transfer) transfers,
  (SELECT coalesce(json_object_agg(account, amount), '{}') FROM balance) balances,
  (SELECT coalesce(json_agg(json_build_array(partition, next_offset, stopped)), '[]') FROM b40.position
     WHERE hearing = 'main') positions,
  (SELECT coalesce(json_agg(json_build_array(partition, "offset", state, id)), '[]') FROM b40.set_aside) asides,
  (SELECT coalesce(json_agg(id), '[]') FROM b40.refused) refused"""


class Idle(Exception):
    """The relay has nothing more to send."""


class IdleBell(asyncio.Event):
    """A bell at which the relay does not wait: its turn ends."""

    async def wait(self) -> Any:
        """Never rings."""
        raise Idle


class ModelGuard(Guard):
    """The guard, reading records from the model's log."""

    log: Log

    async def _records(self, wanted: Mapping[Any, int]) -> dict[Any, Record]:
        found = {}
        for (topic, partition), offset in wanted.items():
            if self.log.partitions[partition].begin <= offset < self.log.partitions[partition].end:
                found[topic, partition] = record_of(self.log.partitions[partition].raw(partition, offset), "")
        return found


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What stands in the ledger's database."""

    transfers: list[tuple[str, int, int]]
    balances: dict[str, int]
    positions: dict[int, int]
    stopped: dict[int, str]
    asides: dict[tuple[int, int], tuple[str, int]]
    refused: set[str]


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses: in the model nothing gets better by waiting."""
    monkeypatch.setattr(hearing, "PAUSE_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(guard, "RECOVERY_SECONDS", 0.0)
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.0)


class Member:
    """One copy of the ledger: its subscriber *main* and what it remembers."""

    def __init__(self, rig: "Rig", log: Log) -> None:
        self.pool = FatefulPool(rig.pool)
        self.died: str | None = None
        self.listened = True
        self.unaware = False
        """Whether the database was restored under it: without a record that comes, only a look would tell it."""
        self.consumer = Consumer(log)
        frame = rig.frame(self.pool)
        lookups: Any = Lookups(log)
        self._cursor = Cursor(HEARING, {INTAKE.name: INTAKE}, frame.application.name, "", lookups)
        self._guard = ModelGuard(frame, self._cursor, lookups)
        self._guard.log = log
        self._hearing = Hearing(frame, self._cursor, self._guard, self._die)
        self._listener = Rebalance(self._cursor, self._guard, self._die, lambda: self.consumer)

    async def rebalance(self, positions: Mapping[int, int], *, listened: bool) -> None:
        """Get these partitions at what Kafka keeps; ``listened`` is whether the listener comes before the records."""
        await self._listener.on_partitions_revoked(self.consumer.assignment())
        self.consumer.positions = dict(positions)
        self.consumer.paused.clear()
        self._cursor.consumer = self.consumer
        self.listened = False
        if listened:
            await self.listen()

    async def listen(self) -> None:
        """The listener is called for what is assigned."""
        self.listened = True
        await self._listener.on_partitions_assigned(self.consumer.assignment())

    async def hear(self, records: list[Any], fate: Fate) -> bool:
        """Take a batch as FastStream hands it over: after an error it seeks back. Returns whether it was killed."""
        self.pool.fate = fate
        try:
            await self._hearing.hear(records)
        except Killed:
            return True
        except Exception:
            first: dict[int, int] = {}
            for record in records:
                first.setdefault(record.partition, record.offset)
            for partition, offset in first.items():
                if partition in self.consumer.positions:
                    self.consumer.seek(full(partition), offset)
        finally:
            self.pool.fate = Fate()
        return False

    async def look_for_resumed(self, stopped_still: Collection[int]) -> None:
        """Read partitions on that a person had go on."""
        watching = asyncio.create_task(self._guard.go_on())
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while {number for _, number in self._cursor.stopped} - set(stopped_still):  # noqa: ASYNC110
                    await asyncio.sleep(0)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    @property
    def settled(self) -> bool:
        """Whether it remembers where it stands in all that it has."""
        return all((INTAKE.name, partition) in self._cursor.remembered for partition in self.consumer.positions)

    @property
    def waits(self) -> set[int]:
        """Partitions that it does not read because they are stopped."""
        return set(self.consumer.paused)

    def _die(self, reason: str) -> None:
        self.died = reason


class Rig:
    """The ledger's database, and the parts of the chassis that run on it."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", dsn: str) -> None:
        self.pool = pool
        self.each = False
        self._settings = Settings(
            kafka="none", database=SecretStr(dsn), secret=SecretStr(secrets.token_hex(32)), topic_prefix=""
        )
        self._tables: list[str] = []

    async def prepare(self) -> None:
        """Give it luck, and keep the database as it is when new."""
        await self.pool.execute(LUCK)
        rows = await self.pool.fetch(
            """SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS name FROM pg_tables
               WHERE schemaname IN ('b40', 'public') AND tablename <> 'migration' ORDER BY 1"""
        )
        self._tables = [row["name"] for row in rows]
        for copy in (NEW, BACKUP):
            made = "".join(f"CREATE TABLE {_kept(copy, each)} AS TABLE {each};" for each in self._tables)
            await self.pool.execute(f"CREATE SCHEMA {copy}; {made}")

    async def back_up(self) -> None:
        """Keep what stands in the database."""
        statements = [
            f"DELETE FROM {_kept(BACKUP, each)}; INSERT INTO {_kept(BACKUP, each)} TABLE {each};"  # noqa: S608
            for each in self._tables
        ]
        await self.pool.execute("".join(statements))

    async def restore(self, copy: str = BACKUP) -> None:
        """Throw the database away for what was kept."""
        statements = [
            f"DELETE FROM {each}; INSERT INTO {each} OVERRIDING SYSTEM VALUE TABLE {_kept(copy, each)};"  # noqa: S608
            for each in self._tables
        ]
        await self.pool.execute("".join(statements))

    def frame(self, pool: Any) -> Frame:
        """The ledger as one process has it."""
        return build(ledger(each=self.each), self._settings, pool)

    async def relay(self, sent: Sent, fate: Fate, monkeypatch: pytest.MonkeyPatch) -> None:
        """A leader of the relay sends until nothing is left, or until its fate befalls it."""
        pool = FatefulPool(self.pool)
        pool.fate = fate
        frame = self.frame(pool)
        frame.bells.outbox = IdleBell()
        leader = Relay(frame)
        leader._touched = asyncio.get_running_loop().time()
        monkeypatch.setattr(sending, "AIOKafkaProducer", lambda **_: Producer(sent, fate))
        try:
            await leader._send_for_ever()
        except (Idle, OSError, KafkaError, Killed):
            return

    async def release(self, fate: Fate) -> bool:
        """Let one key go on that was released. Returns whether there was one."""
        pool = FatefulPool(self.pool)
        pool.fate = fate
        try:
            return await Releaser(self.frame(pool))._release_next()
        except (OSError, Killed):
            return True

    async def mend(self, good: bool) -> None:
        """Have the database take, or refuse, what is unlucky."""
        await self.pool.execute("UPDATE luck SET good = $1", good)

    async def replay(self, number: int, fate: Fate) -> None:
        """Handle a dead letter again."""
        pool = FatefulPool(self.pool)
        pool.fate = fate
        with contextlib.suppress(OSError, Killed):
            await Releaser(self.frame(pool)).replay(number)

    async def discard(self, number: int) -> None:
        """Give up a dead letter."""
        await Releaser(self.frame(self.pool)).discard(number, "given up")

    async def resume(self, log: Log, partition: int, begin: str) -> int | None:
        """Have a stopped partition go on. Returns where, or None if that is outside of the log."""
        lookups: Any = Lookups(log)
        async with self.pool.acquire() as connection:
            try:
                return await stopped.resume(connection, lookups, (INTAKE.name, partition), stopped.From(begin))
            except stopped.NotInLog:
                return None

    async def look(self) -> Snapshot:
        """What stands in the database."""
        row = await self.pool.fetchrow(SNAPSHOT)
        assert row is not None
        return Snapshot(
            transfers=[(account, number, amount) for account, number, amount in row["transfers"]],
            balances=row["balances"],
            positions={partition: offset for partition, offset, _ in row["positions"]},
            stopped={partition: reason for partition, _, reason in row["positions"] if reason is not None},
            asides={(partition, offset): (state, number) for partition, offset, state, number in row["asides"]},
            refused=set(row["refused"]),
        )

    async def until_blocked(self, task: "asyncio.Task[Any]") -> None:
        """Return when a task has ended or waits for a lock in the database."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not task.done() and not await self.pool.fetchval(BLOCKED):  # noqa: ASYNC110  (another session)
                await asyncio.sleep(0)


DEAD = set_aside.DEAD


def _kept(copy: str, table: str) -> str:
    bare = table.replace('"', "")
    return f'{copy}."{bare}"'
