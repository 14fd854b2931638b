"""An app starts with what of a cluster is there, and stops what it started, also what holds on."""

import asyncio
import contextlib

from b40_chassis.service import _cancel
from b40_infra.local import ports

from tests.chassis.library import ShelfReported, Switches, library
from tests.support.stage import Stage


async def test_a_task_that_lost_its_cancellation_is_cancelled_again() -> None:
    """Breaks if an error that takes the place of a cancellation lets a relay go on after its pool was closed."""

    began = asyncio.Event()

    async def holds_on() -> None:
        began.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(holds_on())
    await began.wait()
    async with asyncio.timeout(10):
        await _cancel(task)
    assert task.cancelled()


async def test_a_server_that_is_named_first_may_be_away(kafka: str, postgres: str) -> None:
    """Breaks if the servers of a cluster are taken for one whose name has commas."""
    away = f"{ports.HOST}:{ports.free()}"
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.stop("library")
        stage.settings["library"] = stage.settings["library"].model_copy(update={"kafka": f"{away},{kafka}"})
        await stage.start("library")
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        assert len(await stage.query("library", "SELECT FROM shelf")) == 1
