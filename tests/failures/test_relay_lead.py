"""One relay leads; when it dies or freezes another sends on within seconds, and a thawed one disturbs nothing."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.copies import Copy
from tests.support.ground import Findings, Ground, until

TAKEN_OVER_SECONDS_MAX = 10.0
"""Well above the 5 s that it takes (4 s until the server ends a silent session), well below any other time-out."""


async def begun(ground: Ground) -> Copy:
    """A consumer and two relays; returns the relay that leads: the one that was there first."""
    made = [ground.copy(name, "--run", roles) for name, roles in (("consumer", "consumer"), ("leader", "relay"))]
    for copy in made:
        copy.start()
    await until(lambda: all_ready(made), 60)
    await ground.give(100)
    await ground.settled()
    standby = ground.copy("standby", "--run", "relay")
    standby.start()
    await until(standby.ready, 60)
    return made[1]


async def all_ready(copies: list[Copy]) -> bool:
    return all(await asyncio.gather(*(copy.ready() for copy in copies)))


@pytest.mark.parametrize("strike", [Copy.kill, Copy.freeze], ids=["killed", "frozen"])
async def test_another_relay_sends_on(
    kafka: str,
    postgres: str,
    tmp_path: Path,
    strike: Callable[[Copy], None],
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    """TRAP: a frozen leader keeps a plain advisory lock for ever. Breaks if the session that holds it may idle."""
    async with Ground(kafka, postgres, tmp_path) as ground:
        leader = await begun(ground)
        strike(leader)
        struck = time.monotonic()
        await ground.give(100)
        await ground.settled(TAKEN_OVER_SECONDS_MAX)
        record_testsuite_property(f"taken_over_{strike.__name__}_seconds", round(time.monotonic() - struck, 1))
        if leader.child.alive:
            leader.thaw()
            await until(leader.ready, 30)
        await ground.give(1_000)
        await ground.settled()
        assert await ground.findings() == Findings()
