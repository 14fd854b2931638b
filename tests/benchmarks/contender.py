"""What is compared: ours and its peers, each started on a site, each telling when its first effect was there."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from tests.benchmarks.site import Site
from tests.support.copies import Copy
from tests.support.ground import until

READY_SECONDS_MAX = 60
BOOKED = "SELECT count(*) FROM transfer"


@dataclass(frozen=True, slots=True)
class Begun:
    """When the first effect was there, and how many there were by then."""

    moment: float
    done: int


@dataclass(frozen=True, slots=True)
class Started:
    """A contender at work: its processes by role, and a wait for its first effect."""

    processes: Mapping[str, int]
    begun: Callable[[], Awaitable[Begun]]


class Contender(Protocol):
    """One way to do the work."""

    @property
    def name(self) -> str:
        """Its name in the report."""

    def running(self, site: Site) -> AbstractAsyncContextManager[Started]:
        """Run it on a site; it has partitions, or is about to have them, when this is entered."""


@dataclass(frozen=True, slots=True)
class Ours:
    """The ledger on the chassis: ``consumers`` copies, and a relay beside them, in the same process, or nowhere."""

    name: str = "ours"
    consumers: int = 1
    each: bool = False
    together: bool = False
    alone: bool = False

    @asynccontextmanager
    async def running(self, site: Site) -> AsyncIterator[Started]:
        """The relay first, so that it does not come late; then the consumers."""
        async with AsyncExitStack() as stack:
            beside = not (self.together or self.alone)
            copies = [await start(stack, site, "relay", "--run", "relay")] if beside else []
            roles = "consumer,relay" if self.together else "consumer"
            for number in range(self.consumers):
                name = "consumer" if self.consumers == 1 else f"consumer {number + 1}"
                copies.append(site.copy(name, *(["each"] if self.each else []), "--run", roles))
                copies[-1].start()
                stack.push_async_callback(asyncio.to_thread, copies[-1].end)
            yield Started({copy.name: pid_of(copy) for copy in copies}, lambda: first_booked(site))


async def start(stack: AsyncExitStack, site: Site, name: str, *arguments: str) -> Copy:
    """Start a copy of the ledger and wait until it is ready."""
    copy = site.copy(name, *arguments)
    copy.start()
    stack.push_async_callback(asyncio.to_thread, copy.end)
    await until(copy.ready, READY_SECONDS_MAX)
    return copy


def pid_of(copy: Copy) -> int:
    """The process id of a running copy."""
    copy.child.require_alive()
    assert copy.child.pid is not None
    return copy.child.pid


async def first_booked(site: Site) -> Begun:
    """Wait for the first transfers in the books of a contender that keeps them in PostgreSQL."""
    async with asyncio.timeout(READY_SECONDS_MAX):
        while not (done := await site.value(BOOKED)):  # noqa: ASYNC110  (in other processes)
            await asyncio.sleep(0.005)
    return Begun(time.monotonic(), done)
