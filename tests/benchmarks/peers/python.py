"""The peers in Python, as processes."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from b40_infra.errors import Trouble
from b40_infra.local.process import Child, Command

from tests.benchmarks.contender import READY_SECONDS_MAX, Started, first_booked
from tests.benchmarks.paths import ROOT, WORK
from tests.benchmarks.site import Site
from tests.support.ground import until

REQUIREMENTS = Path(__file__).parents[1] / "requirements.lock"
OWN_ENVIRONMENT = WORK / "venv"
INSTALL_SECONDS_MAX = 300


@dataclass(frozen=True, slots=True)
class Documented:
    """FastStream as documented, one process."""

    name: str = "FastStream as documented"

    @asynccontextmanager
    async def running(self, site: Site) -> AsyncIterator[Started]:
        """Run it."""
        async with AsyncExitStack() as stack:
            child = _started(stack, site, sys.executable, "documented")
            yield Started({"consumer": _pid(child)}, lambda: first_booked(site))


@dataclass(frozen=True, slots=True)
class Outbox:
    """faststream-outbox, tuned: a consumer and a relay."""

    name: str = "faststream-outbox, tuned"

    @asynccontextmanager
    async def running(self, site: Site) -> AsyncIterator[Started]:
        """The relay first: it makes the tables."""
        python = await asyncio.to_thread(own_environment)
        async with AsyncExitStack() as stack:
            relay = _started(stack, site, str(python), "outbox", "relay")

            async def has_tables() -> bool:
                relay.require_alive()
                return bool(await site.value("SELECT count(*) FROM pg_tables WHERE tablename = 'outbox'"))

            await until(has_tables, READY_SECONDS_MAX)
            consumer = _started(stack, site, str(python), "outbox", "consumer")
            yield Started({"consumer": _pid(consumer), "relay": _pid(relay)}, lambda: first_booked(site))


def own_environment() -> Path:
    """The Python of the benchmarks' own environment, made when its list of packages is another. Raises Trouble."""
    python, marker = OWN_ENVIRONMENT / "bin/python", OWN_ENVIRONMENT / "requirements.lock"
    if marker.exists() and marker.read_bytes() == REQUIREMENTS.read_bytes():
        return python
    shutil.rmtree(OWN_ENVIRONMENT, ignore_errors=True)
    install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes"]
    for command in ([sys.executable, "-m", "venv", str(OWN_ENVIRONMENT)], [*install, "-r", str(REQUIREMENTS)]):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS_MAX)
        if done.returncode != 0:
            raise Trouble(f"the benchmarks' own environment cannot be made: {done.stderr.strip()[-500:]}")
    shutil.copy(REQUIREMENTS, marker)
    return python


def _started(stack: AsyncExitStack, site: Site, python: str, peer: str, *roles: str) -> Child:
    arguments = [python, "-m", f"tests.benchmarks.peers.{peer}", site.kafka, site.database, site.prefix, *roles]
    command = Command(name="-".join([peer, *roles]), arguments=arguments, environment={"PYTHONPATH": str(ROOT)})
    child = Child(command, site.folder)
    child.start()
    stack.push_async_callback(asyncio.to_thread, child.stop)
    return child


def _pid(child: Child) -> int:
    child.require_alive()
    assert child.pid is not None
    return child.pid
