"""A child that dies is started again; one that cannot live is told in one line."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from b40_infra.errors import Trouble
from b40_infra.local.process import Child, Command
from b40_infra.local.supervisor import Supervisor

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


@pytest.fixture
async def supervisor() -> AsyncIterator[Supervisor]:
    supervisor = Supervisor()
    yield supervisor
    await supervisor.stop(supervisor.names)


async def ready() -> bool:
    return True


async def never_ready() -> bool:
    return False


async def test_a_killed_child_runs_again(supervisor: Supervisor, tmp_path: Path) -> None:
    """Breaks if a crash of one process ends the platform."""
    child = Child(Command(name="sleeper", arguments=SLEEPER), tmp_path)
    await supervisor.start(child, ready)
    before = child.pid
    await supervisor.kill("sleeper")
    assert child.alive
    assert child.pid != before
    assert supervisor.restarts("sleeper") == 1


async def test_a_child_that_keeps_ending_is_told_with_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    """Breaks if a start waits a minute for what cannot come."""
    broken = [sys.executable, "-c", "exit('B40_SECRET is missing')"]
    with pytest.raises(Trouble, match=r"broken keeps ending: .*B40_SECRET is missing"):
        await supervisor.start(Child(Command(name="broken", arguments=broken), tmp_path), never_ready)


async def test_a_child_that_was_stopped_stays_stopped(supervisor: Supervisor, tmp_path: Path) -> None:
    """Breaks if stopping in order wakes what was stopped first."""
    child = Child(Command(name="sleeper", arguments=SLEEPER), tmp_path)
    await supervisor.start(child, ready)
    await supervisor.stop(["sleeper"])
    assert not child.alive
    assert supervisor.names == ()
    assert not (tmp_path / "sleeper.pid").exists()
