"""`make stack-test` starts a stack with volumes of its own, and deletes it afterwards.

Not collected by `make test`, which needs no Docker. The ports of `make stack-up` must be free.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from b40_infra.stack import Stack

from tests.stack.running import ENVIRONMENT, INFRA, SEASON, compose


@pytest.fixture(scope="session")
def started() -> Iterator[None]:
    """A stack without data and without a clock, which is watched: the season ticks itself."""
    os.environ.update(ENVIRONMENT)
    compose("down", "--volumes")
    compose("up", "--build", "--detach", "--wait", "--scale", "clock=0")
    yield
    compose("down", "--volumes")


@pytest.fixture
async def stack(started: None, tmp_path: Path) -> AsyncIterator[Stack]:
    async with Stack(INFRA, tmp_path / "lent", SEASON) as stack:
        yield stack
