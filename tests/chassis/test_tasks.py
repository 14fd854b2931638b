"""Tasks: recorded in the transaction, performed outside it, finished in one of their own."""

import asyncio
from typing import Any

import pytest
from b40_chassis.worker import Workers

from tests.chassis.library import BookBound, BookReported, ShelfReported, Switches, library
from tests.support.stage import Stage


async def test_a_task_is_performed_and_finished(kafka: str, postgres: str) -> None:
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.publish(BookReported(book="b", shelf="s", title="unbound"))
        await stage.quiet()
        assert switches.performed == ["b"]
        assert stage.said(BookBound) == [BookBound(book="b")]
        assert not await stage.query("library", "SELECT * FROM b40.task")


async def test_a_failing_task_is_tried_again_until_it_succeeds(kafka: str, postgres: str) -> None:
    """Breaks if an error loses the task or announces its result twice."""
    switches = Switches(failures_left=2)
    async with Stage(kafka, postgres, library(switches)) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await stage.publish(BookReported(book="b", shelf="s", title="unbound"))
        await stage.quiet()
        assert switches.performed == ["b", "b", "b"]
        assert stage.said(BookBound) == [BookBound(book="b")]


async def test_a_task_that_a_dead_copy_had_claimed_is_done_when_the_copy_is_back(kafka: str, postgres: str) -> None:
    """Breaks if a lease outlives its holder: the task would wait for two minutes."""
    switches = Switches()
    async with Stage(kafka, postgres, library(switches)) as stage:
        await stage.stop("library")
        await stage.start("library")
        await stage.query(
            "library",
            """INSERT INTO b40.task (id, kind, task, cause_time, now, next_try, leased_by, leased_until)
               VALUES (gen_random_uuid(), 'bind', '{"book": "x"}', now(), now(), 'infinity', 'library-0',
                       now() + interval '2 minutes')""",
        )
        await stage.stop("library")
        service = stage.services.get("library")
        assert service is None
        await stage.start("library")
        await stage.query("library", "UPDATE b40.task SET next_try = now()")
        await stage.quiet()
        assert switches.performed == ["x"]


@pytest.mark.parametrize("obeying", [0, 1])
async def test_a_worker_whose_cancellation_an_error_displaced_ends_with_its_app(
    kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch, obeying: int
) -> None:
    """Breaks if it goes on with a closed pool for ever: a cancelled query may end in another error. So many obey."""
    lost: set[Any] = set()
    obeyed: set[Any] = set()

    async def claim(_: Workers) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            worker = asyncio.current_task()
            if len(obeyed) < obeying:
                obeyed.add(worker)
            if worker in lost | obeyed:
                raise
            lost.add(worker)
            raise OSError("the connection broke") from None

    async with Stage(kafka, postgres, library(Switches())) as stage:
        monkeypatch.setattr(Workers, "_claim", claim)
        stage.services["library"].frame.bells.tasks.set()
    assert lost
    assert all(worker.done() for worker in lost)
