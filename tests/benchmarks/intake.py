"""Intake over HTTPS: a process of its own reports events on some connections, each until it was answered 202."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from b40_infra.certificates import Authority
from b40_infra.local import ports

from tests.benchmarks.contender import READY_SECONDS_MAX, pid_of
from tests.benchmarks.latency import quantile
from tests.benchmarks.meter import Meter
from tests.benchmarks.site import Machine, Site, until

WARM_UP = 3.0
END_SECONDS_MAX = 30


@dataclass(frozen=True, slots=True)
class Callers:
    """So many connections, each with one request at a time, of so many events."""

    connections: int
    batch: int = 1

    @property
    def name(self) -> str:
        """As it stands in the report."""
        what = f"batches of {self.batch}" if self.batch > 1 else "single events"
        return f"{what}, {self.connections} connection{'s' if self.connections > 1 else ''}"


@dataclass(frozen=True, slots=True)
class Intake:
    """What was accepted, at what speed and cost; latencies of a request in milliseconds."""

    events: int
    requests: int
    per_second: float
    cold_per_second: float
    p50: float
    p99: float
    microseconds: Mapping[str, float]


async def measure_intake(callers: Callers, machine: Machine, seconds: float, warm_up: float = WARM_UP) -> Intake:
    """One run, of an app that takes events and hands them to Kafka."""
    async with Site(machine) as site, AsyncExitStack() as stack:
        certificate = Authority(site.folder).issue(site.folder, "ledger", [ports.HOST])
        unlimited = {"B40_INTAKE_RATE": "1e9", "B40_INTAKE_BURST": "1000000000"}
        app = site.copy("app", "--run", "api,relay", B40_TLS=str(certificate), **unlimited)
        app.start()
        stack.push_async_callback(asyncio.to_thread, app.end)
        await until(lambda: ports.listens(app.public_port), READY_SECONDS_MAX)
        client = await _client(callers, app.public_port, str(site.folder / "authority.pem"), warm_up + seconds)
        meter = Meter({"app": pid_of(app), "client": client.pid, **machine.processes()})
        await asyncio.sleep(warm_up)
        before = meter.seconds()
        await asyncio.sleep(seconds)
        spent = {name: after - before[name] for name, after in meter.seconds().items()}
        async with asyncio.timeout(END_SECONDS_MAX):
            told, _ = await client.communicate()
        assert client.returncode == 0, "the client failed: what it was answered stands above"
        answered = json.loads(told)
        kept = await site.value("SELECT count(*) FROM b40.intake")
        assert kept == len(answered) * callers.batch, "what was answered 202 is not what is kept"
    return summary(answered, callers.batch, warm_up, seconds, spent)


async def _client(callers: Callers, port: int, authority: str, seconds: float) -> asyncio.subprocess.Process:
    given = [str(each) for each in (port, authority, callers.connections, callers.batch, seconds)]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.caller", *given, stdout=asyncio.subprocess.PIPE
    )


def summary(answered: list[Any], batch: int, warm_up: float, seconds: float, spent: Mapping[str, float]) -> Intake:
    """The figures of requests, each with the moment of its answer and how long it took, in seconds."""
    counted = [took for moment, took in answered if warm_up <= moment < warm_up + seconds]
    events = len(counted) * batch
    ordered = sorted(each * 1_000 for each in counted)
    return Intake(
        events=events,
        requests=len(counted),
        per_second=events / seconds,
        cold_per_second=sum(batch for moment, _ in answered if moment < warm_up) / warm_up if warm_up else 0.0,
        p50=quantile(ordered, 0.5),
        p99=quantile(ordered, 0.99),
        microseconds={name: each / events * 1e6 for name, each in spent.items()},
    )
