"""A flood of what cannot be read, from one sender, stops nobody else and is told by its sender."""

import asyncio
from pathlib import Path

import httpx

from tests.support.ground import Findings, Ground, until

RUBBISH = "//rubbish.example/flood"
FLOOD = 5_000
AT_ONCE = 500


async def flood(ground: Ground) -> None:
    """Send rubbish under the accounts' own keys, so that it stands among their transfers."""
    headers = [("ce_source", RUBBISH.encode()), ("ce_id", b"x")]
    for begun in range(0, FLOOD, AT_ONCE):
        sent = (ground.send_raw(b"account-%d" % (n % 20), b"\xff", headers) for n in range(begun, begun + AT_ONCE))
        await asyncio.gather(*sent)


async def test_a_flood_of_unreadable_intake_stops_nobody(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if the limits of announced topics hold for intake, or if rubbish holds its key."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        (copy,) = await ground.started("a")
        flooding = asyncio.create_task(flood(ground))
        for _ in range(20):
            await ground.give(100)
        await flooding
        await ground.settled()

        async def told() -> bool:
            async with httpx.AsyncClient() as client:
                status = (await client.get(f"{copy.operations}/status")).json()
            return bool(status["unreadable"] == [{"source": RUBBISH, "records": FLOOD}] and not status["stopped"])

        await until(told, 30)
        assert await ground.findings() == Findings()
        async with httpx.AsyncClient() as client:
            metrics = (await client.get(f"{copy.operations}/metrics")).text
        told_of = f'b40_unreadable_total{{source="{RUBBISH}"}}'
        (line,) = [each for each in metrics.splitlines() if each.startswith(told_of)]
        assert line.endswith(f" {FLOOD}.0")
