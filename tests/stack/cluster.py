"""The cluster from outside: what is acknowledged outlives any one broker, copy or server, and every upgrade.

`make stack-test CLUSTER=yes` starts a cluster with volumes of its own, and deletes it afterwards. While reports come in
over Kafka and HTTPS, something is killed or replaced; then all that was acknowledged was applied and announced once.
The last test loses the server that is written to, and leaves the other one in its place.
"""

import asyncio
import json
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from b40_contracts.platform import APPS
from b40_infra.season_read import announcements
from b40_infra.stack import CLUSTER, HOST, PROJECT, PUBLIC_PORT, Stack
from b40_infra.stack import compose as stack_compose

from tests.stack.load import Load

INFRA = Path(__file__).parents[2] / "infra"
SENDER = "load"
BROKERS = ("kafka", "kafka-2", "kafka-3")
COPIES = (APPS, tuple(f"{app}-2" for app in APPS))
BESIDE = 10
"""The second copy of an app listens at so much above the first one's port."""
ENVIRONMENT = {
    "COMPOSE_PROJECT_NAME": PROJECT,
    "B40_STRANGERS": "allowed",
    "B40_INTEGRATORS": f"{SENDER}=events-intake,registry-intake",
}
MEGABYTE = 1 << 20
UNITS = {"B": 1, "KiB": 1 << 10, "MiB": MEGABYTE, "GiB": 1 << 30}
BEFORE, MEANWHILE = 100, 200
"""How many reports are acknowledged before something happens, and while it is away or afterwards."""

Record = Callable[[str, object], None]
Happens = Callable[[Load], Awaitable[None]]


def compose(*arguments: str) -> str:
    """A command of docker compose, as operations give it."""
    return stack_compose(INFRA, *arguments, layout=CLUSTER).decode()


def up(*parts: str, anew: bool = False) -> None:
    """Start these parts, or put them in place of those that run; return when they are healthy."""
    compose("up", "--detach", "--wait", "--no-deps", *(("--force-recreate",) if anew else ()), *parts)


def in_sync() -> None:
    """Return when every broker has what it should keep, as one asks before the next is stopped."""
    compose("run", "--rm", "--no-TTY", "b40", "topics", "in-sync", "--within", "120")


@pytest.fixture(scope="session")
def started() -> Iterator[None]:
    os.environ.update(ENVIRONMENT)
    compose("down", "--volumes")
    compose("up", "--build", "--detach", "--wait")
    yield
    compose("down", "--volumes")


@pytest.fixture
async def stack(started: None, tmp_path: Path) -> AsyncIterator[Stack]:
    async with Stack(INFRA, tmp_path / "lent", SENDER, CLUSTER) as stack:
        yield stack


async def under_load(stack: Stack, name: str, told: Record, happen: Happens) -> None:
    """Let something happen while reports come, and compare what was acknowledged with what became of it."""
    doors = {
        app: [f"https://{HOST}:{PUBLIC_PORT + APPS.index(app) + beside}" for beside in (0, BESIDE)] for app in APPS
    }
    async with Load(stack.ways, doors, name) as load:
        await load.goes_on(BEFORE)
        await happen(load)
        await load.goes_on(MEANWHILE)
        await load.finish()
        ended = time.monotonic()
        await stack.quiet(180)
        told("settled_seconds", round(time.monotonic() - ended, 1))
        told("acknowledged", len(load.acknowledged))
        told("longest_pause_seconds", round(load.longest_pause_seconds, 1))
        assert set(await load.fates()) == {"applied"}
        found = await announcements(stack.ways.reader)
        assert load.announced(found) == dict.fromkeys(load.acknowledged, 1)
        assert found.altered == []
    await asyncio.to_thread(healthy)


def healthy() -> None:
    """Every part runs and is healthy, every broker has what it should keep, and `b40 status` finds nothing wrong."""
    for each in map(json.loads, compose("ps", "--format", "json").splitlines()):
        assert (each["State"], each["Health"]) in (("running", "healthy"), ("running", "")), each["Service"]
    in_sync()
    compose("run", "--rm", "--no-TTY", "b40", "status")


@pytest.mark.parametrize("broker", BROKERS)
async def test_any_one_broker_may_be_killed(stack: Stack, broker: str, record_property: Record) -> None:
    """INVARIANT: replication. Breaks if something is acknowledged that one broker alone has, or two cannot go on."""

    async def killed(load: Load) -> None:
        await asyncio.to_thread(compose, "kill", "--signal", "SIGKILL", broker)
        away = time.monotonic()
        await load.goes_on(MEANWHILE)
        record_property("went_on_seconds", round(time.monotonic() - away, 1))
        await asyncio.to_thread(up, broker)
        await asyncio.to_thread(in_sync)

    await under_load(stack, f"lost-{broker}", record_property, killed)


@pytest.mark.parametrize("copies", COPIES, ids=["first", "second"])
async def test_one_copy_of_each_app_may_be_killed(stack: Stack, copies: Sequence[str], record_property: Record) -> None:
    """INVARIANT: copies. Breaks if what the lost copy had begun is lost or done twice, or nobody takes over."""

    async def killed(load: Load) -> None:
        await asyncio.to_thread(compose, "kill", "--signal", "SIGKILL", *copies)
        await load.goes_on(MEANWHILE)
        await asyncio.to_thread(up, *copies)

    await under_load(stack, f"lost-{copies[0]}", record_property, killed)


async def test_the_services_are_upgraded_copy_by_copy(stack: Stack, record_property: Record) -> None:
    """Breaks if an upgrade costs an event, or an answer, where another copy is there to give it."""

    async def upgraded(load: Load) -> None:
        for app in APPS:
            for copy in (app, f"{app}-2"):
                await asyncio.to_thread(up, copy, anew=True)

    await under_load(stack, "upgraded-services", record_property, upgraded)


async def test_kafka_is_upgraded_broker_by_broker(stack: Stack, record_property: Record) -> None:
    """Breaks if a broker is stopped while another one still lacks something, or leaves without handing over."""

    async def upgraded(load: Load) -> None:
        for broker in BROKERS:
            await asyncio.to_thread(up, broker, anew=True)
            await asyncio.to_thread(in_sync)

    await under_load(stack, "upgraded-kafka", record_property, upgraded)


def test_the_memory_of_the_whole_is_told(started: None, record_property: Record) -> None:
    """Breaks if a part needs more than it is given."""
    used = {}
    for line in compose("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}} {{.MemPerc}}").splitlines():
        name, amount, *_, percent = line.split()
        used[name] = amount
        assert float(percent.removesuffix("%")) < 95, line
    number = {name: re.fullmatch(r"([\d.]+)(\w+)", amount) for name, amount in used.items()}
    megabytes = {name: float(found[1]) * UNITS[found[2]] / MEGABYTE for name, found in number.items() if found}
    assert len(megabytes) == len(used) >= len(BROKERS) + 2 * len(APPS) + 2
    record_property("memory_megabytes", round(sum(megabytes.values())))
    for name, each in sorted(megabytes.items()):
        record_property(name, round(each))


async def test_the_server_that_is_written_to_may_be_lost(
    stack: Stack, record_property: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INVARIANT: 202 means that nothing can lose it. By the commands of infra/README.md."""

    async def promoted(load: Load) -> None:
        await asyncio.to_thread(compose, "kill", "--signal", "SIGKILL", "postgres")
        away = time.monotonic()
        await asyncio.to_thread(compose, "rm", "--stop", "--force", "postgres")
        monkeypatch.setenv("B40_POSTGRES_PRIMARY", "postgres-2")
        monkeypatch.setenv("B40_POSTGRES_WAITS_FOR", "")
        await asyncio.to_thread(up, "postgres-2")
        record_property("promoted_seconds", round(time.monotonic() - away, 1))
        await load.goes_on(MEANWHILE)
        record_property("went_on_seconds", round(time.monotonic() - away, 1))
        await asyncio.to_thread(subprocess.check_call, ["docker", "volume", "rm", f"{PROJECT}_postgres"])
        await asyncio.to_thread(up, "postgres")
        monkeypatch.delenv("B40_POSTGRES_WAITS_FOR")
        await asyncio.to_thread(up, "postgres-2")

    await under_load(stack, "lost-postgres", record_property, promoted)
    asked = "SELECT application_name || ' ' || sync_state FROM pg_stat_replication"
    told = compose(
        "exec", "--no-TTY", "postgres-2", "psql", "-h", "/var/run/postgresql", "-U", "postgres", "-qAtc", asked
    )
    assert told.split() == ["postgres", "sync"]
