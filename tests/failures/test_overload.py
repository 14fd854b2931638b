"""Producers three times too fast, for a while: the memory of a copy stays bounded, and all is taken in the end."""

import asyncio
from pathlib import Path

import psutil
from pydantic import Field

from tests.support.copies import Copy
from tests.support.ground import Findings, Ground
from tests.support.ledger.facts import TransferReported

MEMORY_MAX = 400_000_000
SMALL, LARGE = 20_000, 200
LARGE_BYTES = 500_000


class TransferPadded(TransferReported):
    """A transfer in a record of half a megabyte."""

    type = TransferReported.type
    padding: str = Field(default="x" * LARGE_BYTES, description="Nothing, at length.")


class Memory:
    """The most memory that a copy was seen to use."""

    def __init__(self, copy: Copy) -> None:
        self._process = psutil.Process(copy.child.pid)
        self._watching = asyncio.create_task(self._watch())
        self.most = 0

    def now(self) -> int:
        """How much it uses now, in bytes."""
        used: int = self._process.memory_info().rss
        return used

    async def _watch(self) -> None:
        while True:
            self.most = max(self.most, self.now())
            await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Watch no longer; raises if the copy had ended."""
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        assert self._watching.cancelled(), "the copy ended"


async def test_a_flood_of_small_records_is_taken_in_the_end(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if a batch may have any number of records."""
    async with Ground(kafka, postgres, tmp_path, B40_BATCH_RECORDS_MAX="100") as ground:
        [copy] = await ground.started("a")
        memory = Memory(copy)
        async with ground.held():
            await ground.give(SMALL)
            assert await ground.booked() == [], "the producer was far faster than the copy"
        await ground.settled(90)
        await memory.stop()
        assert await ground.findings() == Findings()
        assert memory.most < MEMORY_MAX


async def test_large_records_are_fetched_as_they_are_taken(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if a batch is bounded by the number of its records alone: 2,000 of these would be a gigabyte."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        [copy] = await ground.started("a")
        memory = Memory(copy)
        before = memory.now()
        async with ground.held():
            await ground.give(LARGE, reported=TransferPadded)
            assert await ground.booked() == []
        await ground.settled()
        await memory.stop()
        assert await ground.findings() == Findings()
        assert memory.most - before < LARGE_BYTES * LARGE * 0.7, "most of what was waiting waited in the log"
