"""A rolling upgrade and the way back, copy by copy, under traffic: nothing is lost, doubled or out of order."""

import asyncio
from pathlib import Path

from tests.support.copies import Copy
from tests.support.ground import Findings, Ground, until
from tests.support.ledger.second import TransferSaid

FIRST, SECOND = "tests.support.ledger", "tests.support.ledger.second"
VERSIONS = """SELECT count(*) AS all, count(purpose) AS second FROM transfer"""


class Traffic:
    """Transfers all the time, as a sender says them who knows the next version already."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._stop = asyncio.Event()

    async def run(self) -> None:
        while not self._stop.is_set():
            await self._ground.give(50, doubled=True, reported=TransferSaid)
            await asyncio.sleep(0.1)  # a rate that a slow machine can hold

    def stop(self) -> None:
        self._stop.set()


async def replace(ground: Ground, copy: Copy, module: str) -> None:
    """Stop a copy and run another version in its place."""
    await asyncio.to_thread(copy.end)
    fresh = ground.copy(copy.name, module=module)
    fresh.start()
    await until(fresh.ready, 60)


async def booked_after(ground: Ground, count: int) -> bool:
    return len(await ground.booked()) > count


async def test_copies_are_replaced_one_by_one_and_back_again(kafka: str, postgres: str, tmp_path: Path) -> None:
    async with Ground(kafka, postgres, tmp_path) as ground:
        await ground.started("a", "b")
        traffic = Traffic(ground)
        giving = asyncio.create_task(traffic.run())
        for module in (SECOND, FIRST):
            for name in ("a", "b"):
                await replace(ground, ground.copies[name], module)
                before = len(await ground.booked())
                await until(lambda: booked_after(ground, before), 30)  # noqa: B023  (awaited here)
        traffic.stop()
        await giving
        await ground.settled()
        assert await ground.findings() == Findings()
        [row] = await ground.query(VERSIONS)
        assert 0 < row["second"] < row["all"], "both versions booked"
        assert await ground.query("SELECT * FROM b40.set_aside") == []
        assert await ground.query("SELECT * FROM b40.refused") == []
