"""Slots: a copy's name, held by an advisory lock: two copies never share one, a restarted one gets its own."""

import asyncpg

SLOTS_MAX = 64
SLOT_LOCK_CLASS = 0xB40


class NoSlot(Exception):
    """All slots are taken: more copies than ``SLOTS_MAX``."""


class Slot:
    """A slot that is held as long as its session lives."""

    def __init__(self, session: "asyncpg.Connection[asyncpg.Record]", number: int) -> None:
        self._session = session
        self.number = number

    async def give_back(self) -> None:
        """Let the slot go."""
        await self._session.close()


async def take_slot(address: str) -> Slot:
    """Take the lowest free slot of a database. Raises NoSlot."""
    session = await asyncpg.connect(
        address, server_settings={"application_name": "b40 slot", "idle_session_timeout": "0"}
    )
    for number in range(SLOTS_MAX):
        if await session.fetchval("SELECT pg_try_advisory_lock($1, $2)", SLOT_LOCK_CLASS, number):
            return Slot(session, number)
    await session.close()
    raise NoSlot(f"{SLOTS_MAX} copies run already")
