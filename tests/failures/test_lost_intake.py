"""What a broker lost of what integrators had sent is named, so that they can send it again; then nothing is doubled."""

from typing import Any
from uuid import UUID, uuid4

from b40_chassis.inbox import uuid_of

from tests.chassis.library import INTAKE, PageReported, Switches, library
from tests.chassis.test_stops import cut, place, taken
from tests.failures.test_republish import restore_older, resume_all
from tests.support.stage import INTEGRATOR, Stage

UTILITY = "//utility.example/pages"


async def lost(stage: Stage) -> list[tuple[str, UUID]]:
    """Source and id of what is named."""
    async with stage.operations("library") as client:
        answer = await client.get("/intake/lost")
    assert answer.status_code == 200, answer.text
    return [(each["source"], UUID(each["id"])) for each in answer.json()]


async def say(stage: Stage, ids: list[str], first: int = 1, **how: Any) -> None:
    """Pages of one book, so all on one partition."""
    for number, id_ in enumerate(ids, first):
        await stage.publish(PageReported(book="b", number=number), id=id_, **how)


async def test_lost_intake_is_named_and_may_be_sent_again(kafka: str, postgres: str) -> None:
    """Breaks if something lost has no name, if something held has one, or if it counts twice when it comes again."""
    ids = [str(uuid4()) for _ in range(4)]
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await say(stage, ids)
        await say(stage, ["no. 5"], 5, source=UTILITY)
        await stage.quiet()
        assert await lost(stage) == []
        await stage.stop("library")
        await restore_older(stage, INTAKE, 2)
        await stage.start("library")
        named = [*((INTEGRATOR, UUID(id_)) for id_ in ids[2:]), (UTILITY, uuid_of("no. 5"))]
        assert await lost(stage) == named
        await resume_all(stage)
        await say(stage, ids[2:], 3)
        await say(stage, ["no. 5"], 5, source=UTILITY)
        await stage.quiet()
        assert await lost(stage) == []
        assert await taken(stage) == [1, 2, 3, 4, 5]


async def test_what_retention_removed_is_not_named(kafka: str, postgres: str) -> None:
    """Breaks if a sender is asked to send again what is too old for the log."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await say(stage, [str(uuid4()) for _ in range(3)])
        await stage.quiet()
        partition, end = await place(stage)
        await say(stage, [str(uuid4())], 4)
        await stage.quiet()
        await cut(stage, partition, end)
        assert await lost(stage) == []
