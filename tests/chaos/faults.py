"""Does to the world what the plan says, and heals it again."""

import asyncio
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress

import asyncpg

from tests.chaos.kept import Kept
from tests.chaos.plan import Fault, Strike
from tests.chaos.world import World, answering, signal_to
from tests.support.proxy import Proxy

COMMIT_SECONDS_MAX = 5.0
WAL_MESSAGES_MAX = 100
"""Of a megabyte each: what is left in segments that were made before the disk was full."""


class Faults:
    """Strikes as planned. ``struck`` and ``left_out`` count by kind: what cannot be done here is told."""

    def __init__(self, world: World) -> None:
        self.struck: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()
        self.log: list[tuple[float, str]] = []
        self._world = world
        self._busy: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._begun = time.monotonic()
        self._do: Mapping[str, Callable[[Fault], Awaitable[bool]]] = {
            "kill": self._kill,
            "freeze": self._freeze,
            "stop": self._stop,
            "postgres": self._kill_postgres,
            "kafka": self._kill_kafka,
            "commit": self._at_commit,
            "cut": self._on_line,
            "unreachable": self._on_line,
            "slow": self._on_line,
            "half-open": self._on_line,
            "disk": self._fill,
            "wal": self._fill,
        }

    async def strike(self, strikes: Sequence[Strike]) -> None:
        """Strike at the planned moments; return when all is healed."""
        async with asyncio.TaskGroup() as group:
            for strike in strikes:
                await asyncio.sleep(max(0.0, self._begun + strike.at - time.monotonic()))
                for fault in strike.faults:
                    group.create_task(self._one(fault))

    async def _one(self, fault: Fault) -> None:
        self._note(f"{fault.kind} begins: copy {fault.copy}, {fault.side}, {fault.seconds} s")
        done = await self._do[fault.kind](fault)
        (self.struck if done else self.left_out)[fault.kind] += 1
        self._note(f"{fault.kind} is over" if done else f"{fault.kind} was left out")

    def _note(self, what: str) -> None:
        self.log.append((round(time.monotonic() - self._begun, 2), what))

    async def _kill(self, fault: Fault) -> bool:
        kept = self._world.copies[fault.copy].kept
        there = kept.child.alive
        kept.kill()
        return there

    async def _stop(self, fault: Fault) -> bool:
        return signal_to(self._world.copies[fault.copy].copy, signal.SIGTERM) is not None

    async def _freeze(self, fault: Fault) -> bool:
        pid = signal_to(self._world.copies[fault.copy].copy, signal.SIGSTOP)
        if pid is None:
            return False
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        return True

    async def _kill_postgres(self, fault: Fault) -> bool:
        async with self._busy["postgres"]:
            await self._down(self._world.kept_postgres, fault.seconds)
            await answering(self._world.postgres)
        return True

    async def _kill_kafka(self, fault: Fault) -> bool:
        async with self._busy["kafka"]:
            await self._down(self._world.kept_kafka, fault.seconds)
            await answering(self._world.kafka)
        return True

    async def _down(self, kept: Kept, seconds: float) -> None:
        kept.kill(hold_down=True)
        await asyncio.sleep(seconds)
        kept.let_up()

    async def _at_commit(self, fault: Fault) -> bool:
        """The outcome of a transaction is unknown to who asked for it: the server dies, or the connections end."""
        link = self._world.copies[fault.copy].links["postgres"]
        came = asyncio.Event()
        async with self._busy["postgres"]:

            def act() -> None:
                if fault.side == "postgres":
                    self._world.kept_postgres.kill(hold_down=True)
                link.cut()
                came.set()

            link.when_sent(b"COMMIT", act)
            with suppress(TimeoutError):
                await asyncio.wait_for(came.wait(), COMMIT_SECONDS_MAX)
                await asyncio.sleep(fault.seconds)
            link.when_sent(b"COMMIT", lambda: None)
            self._world.kept_postgres.let_up()
            await answering(self._world.postgres)
        return came.is_set()

    async def _on_line(self, fault: Fault) -> bool:
        link = self._world.copies[fault.copy].links[fault.side]
        async with self._busy[f"{fault.side} of {fault.copy}"]:
            _harm(link, fault)
            try:
                await asyncio.sleep(fault.seconds)
            finally:
                await link.heal()
        return True

    async def _fill(self, fault: Fault) -> bool:
        disk = self._world.disks[fault.kind]
        if not disk.mounted:
            return False
        async with self._busy[fault.kind]:
            try:
                await asyncio.to_thread(disk.fill)
                if fault.kind == "wal":
                    await self._use_up_wal()
                await asyncio.sleep(fault.seconds)
            finally:
                disk.free()
            await answering(self._world.postgres)
        return True

    async def _use_up_wal(self) -> None:
        """Fill the segments that are there; the server ends itself at the next one."""
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            connection = await asyncpg.connect(self._world.postgres.dsn(), timeout=5)
            try:
                for _ in range(WAL_MESSAGES_MAX):
                    await connection.execute(
                        "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 1000000), true)", timeout=5
                    )
            finally:
                connection.terminate()


def _harm(link: Proxy, fault: Fault) -> None:
    if fault.kind == "slow":
        link.delay(fault.delay, fault.delay / 2)
    elif fault.kind == "half-open":
        link.swallow()
    else:
        if fault.kind == "unreachable":
            link.refuse()
        link.cut()
