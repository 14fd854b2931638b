"""Slots: a copy's name, held by an advisory lock: two copies never share one, a restarted one gets its own."""

import asyncio
import contextlib
from collections.abc import Callable

import asyncpg
import structlog

from b40_chassis.errors import describe, of_infrastructure

log = structlog.get_logger()

SLOTS_MAX = 64
SLOT_LOCK_CLASS = 0xB40
TOUCH_SECONDS = 1.0
TAKE_AGAIN_TIMES = 20
"""How often a slot whose session was lost is found taken before it is given up: the server may take some seconds to
notice that the old session is gone."""

SESSION = {
    "application_name": "b40 slot",
    "idle_session_timeout": "0",
    "tcp_keepalives_idle": "5",  # a session whose machine is gone lets go of its slot after some 11 s
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}

TRY = "SELECT pg_try_advisory_lock($1, $2)"
AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class NoSlot(Exception):
    """All slots are taken: more copies than ``SLOTS_MAX``."""


class Slot:
    """A slot that is held as long as its session lives."""

    def __init__(self, address: str, session: "asyncpg.Connection[asyncpg.Record]", number: int) -> None:
        self._address = address
        self._session = session
        self._held = True
        self.number = number

    async def keep(self, die: Callable[[str], None]) -> None:
        """Watch over the session for ever; take the same slot again if it was lost, or end the process.

        The slot is the copy's name in its groups, and aiokafka does not notice when two members have the same.
        """
        taken = 0
        while True:
            await asyncio.sleep(TOUCH_SECONDS)
            try:
                if await self._still_mine():
                    taken = 0
                    continue
                taken += 1
            except Exception as error:
                if not of_infrastructure(error):
                    raise
                log.warning("a slot's session is away", slot=self.number, error=describe(error))
            if taken == TAKE_AGAIN_TIMES:
                die(f"slot {self.number} was taken by another copy while the database was away")
                return

    async def give_back(self) -> None:
        """Let the slot go."""
        with contextlib.suppress(*AWAY):
            await self._session.close(timeout=1)

    async def _still_mine(self) -> bool:
        if self._held:
            with contextlib.suppress(*AWAY):
                await self._session.execute("SELECT", timeout=5)
                return True
        self._held = False
        self._session.terminate()
        self._session = await _session(self._address)
        self._held = await self._session.fetchval(TRY, SLOT_LOCK_CLASS, self.number)
        return self._held


async def take_slot(address: str) -> Slot:
    """Take the lowest free slot of a database. Raises NoSlot."""
    session = await _session(address)
    for number in range(SLOTS_MAX):
        if await session.fetchval(TRY, SLOT_LOCK_CLASS, number):
            return Slot(address, session, number)
    session.terminate()
    raise NoSlot(f"{SLOTS_MAX} copies run already")


async def _session(address: str) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(address, server_settings=SESSION, timeout=10)
