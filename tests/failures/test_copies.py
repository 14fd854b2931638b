"""Two copies share the work: nothing is lost, doubled or out of order, whatever happens to one of them."""

from pathlib import Path

from tests.support.ground import Findings, Ground


async def test_what_a_killed_copy_had_begun_is_done_once_by_the_others(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    async with Ground(kafka, postgres, tmp_path) as ground:
        first, _ = await ground.started("a", "b")
        await ground.give(2_000, doubled=True)
        first.kill()
        await ground.give(2_000)
        await ground.settled()
        assert await ground.findings() == Findings()
