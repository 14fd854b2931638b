"""Nobody is told of a batch that settled fewer than k households; its people are told with the pool's next."""

from string import ascii_lowercase

from b40_contracts.solidarity import GiftNoticeRequested, NeedNoticeRequested

from tests.solidarity.given import named, sealed
from tests.solidarity.stages import BATCH_HOUR, answer_all, ask, close_at, give
from tests.support.stage import Stage

FIRST, SECOND = ascii_lowercase[:5], ascii_lowercase[5:10]
NEXT_HOUR = "2022-07-05T18:00:00"


def told(stage: Stage) -> tuple[set[str], set[str]]:
    """The households and the givers that were told, by name."""
    persons = {notice.person for notice in stage.said(NeedNoticeRequested)}
    givers = {notice.person for notice in stage.said(GiftNoticeRequested)}
    names = [*FIRST, *SECOND]
    return (
        {name for name in names if named(f"person {name}") in persons},
        {name for name in names if named(f"giver {name}") in givers},
    )


async def test_a_batch_that_settled_too_few_is_told_with_the_next(stage: Stage) -> None:
    """Breaks if one of four can be found by who was told, or if who waits for the notice never hears."""
    await ask(stage, FIRST, 9_000)
    await give(stage, FIRST, 10_000)
    await close_at(stage, BATCH_HOUR)
    await answer_all(stage, reject=[sealed("reference b")])
    assert told(stage) == (set(), set())
    await ask(stage, SECOND, 9_000)
    await give(stage, SECOND, 10_000)
    await close_at(stage, NEXT_HOUR)
    assert told(stage) == (set(), set()), "an order is no confirmation"
    await answer_all(stage, time="2022-07-06T19:00:00")
    households, givers = told(stage)
    assert {"a", "c", "d", "e"} <= households
    assert len(households) >= 9
    assert set(FIRST) <= givers
    assert len(stage.said(NeedNoticeRequested)) == len(households), "each is told once"
