"""The relay alone: the outbox is filled by a consumer without a relay, then a relay sends it, archive included."""

import asyncio
from contextlib import AsyncExitStack

from tests.benchmarks import events
from tests.benchmarks.contender import BOOKED, Begun, Ours, pid_of
from tests.benchmarks.meter import Meter
from tests.benchmarks.pipeline import Load, Run, summary
from tests.benchmarks.reader import Reader
from tests.benchmarks.site import Machine, Site
from tests.support.ground import until
from tests.support.ledger.facts import BOOKS, INTAKE

BOOK_SECONDS_MAX = 120


async def measure_relay(machine: Machine, load: Load) -> Run:
    """One run; the cold speed is that from the first announcement seen on."""
    async with Site(machine) as site, AsyncExitStack() as stack:
        await _fill(site, load)
        reader = await stack.enter_async_context(
            Reader(site.kafka, site.prefix + BOOKS.name, BOOKS.partitions, load.count)
        )
        relay = site.copy("relay", "--run", "relay")
        relay.start()
        stack.push_async_callback(asyncio.to_thread, relay.end)
        meter = Meter({"relay": pid_of(relay), "reader": reader.pid, **machine.processes()})
        async with meter.looking():
            await reader.warm(load.seconds_max)
            before = meter.seconds()
            seen = await reader.seen(load.seconds_max)
        spent = {name: seconds - before[name] for name, seconds in meter.seconds().items()}
        first, count = seen[0]
        return summary(Begun(first, count), seen, spent, meter.megabytes_max)


async def _fill(site: Site, load: Load) -> None:
    """Have all booked by a consumer that leaves the outbox alone."""
    intake = site.prefix + INTAKE.name
    await asyncio.to_thread(
        events.Sender(site.kafka, linger=50).send_all, intake, events.transfers(load.count, load.ids)
    )

    async def booked() -> bool:
        return await site.value(BOOKED) == load.count

    async with Ours(alone=True).running(site):
        await until(booked, BOOK_SECONDS_MAX)
