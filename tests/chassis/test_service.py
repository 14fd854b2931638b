"""An app stops what it started, also what holds on."""

import asyncio
import contextlib

from b40_chassis.service import _cancel


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
