"""The whole platform on this machine: Kafka, PostgreSQL, the catcher of mail, the apps, and on wish the clock.

async with Platform(Path(".b40/season-2022"), fresh=True) as platform:
    await platform.quiet(30)
"""

import asyncio
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from b40_chassis import reaching
from b40_contracts import catalogue
from b40_contracts.platform import APPS

from b40_infra import databases, topics
from b40_infra.local import addresses, alone, catcher, jars, ports
from b40_infra.local.addresses import Addresses
from b40_infra.local.kafka import Kafka
from b40_infra.local.keys import Keys
from b40_infra.local.postgres import Postgres
from b40_infra.local.process import Child, Command, end_leftover
from b40_infra.local.quiet import Quiet
from b40_infra.local.supervisor import Supervisor
from b40_infra.ways import Ways

MODULES: Mapping[str, str] = {
    "registry": "b40_registry",
    "events": "b40_events",
    "solidarity-needs": "b40_solidarity.needs",
    "solidarity-gifts": "b40_solidarity.gifts",
    "solidarity-matcher": "b40_solidarity.matcher",
    "notify": "b40_notify",
}

Told = Callable[[str], None]
"""Told what is ready, in a few words."""


class Platform:
    """The platform with all its files in ``folder``; entering starts it, leaving stops it in order.

    ``at`` are its ports, by default free ones. ``fresh`` begins with no data. With ``clock`` it ticks by the
    wall clock; without, whoever holds it ticks. Raises Trouble with one clear line if it cannot start.
    """

    def __init__(
        self,
        folder: Path,
        *,
        apps: Sequence[str] = APPS,
        clock: bool = False,
        at: Addresses | None = None,
        fresh: bool = False,
        told: Told = lambda _: None,
        fetched: jars.Progress | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.apps = tuple(apps)
        self.addresses = at or addresses.free(apps)
        self.mail_folder = self.folder / "mail"
        self._clock = clock
        self._fresh = fresh
        self._told = told
        self._fetched = fetched
        self._logs = self.folder / "logs"
        self._keys = Keys(self.folder / "secrets")
        self._kafka = Kafka(self.folder / "kafka", self.addresses.kafka, self.addresses.controller, self._logs)
        self._postgres = Postgres(self.folder / "postgres", self.addresses.postgres, self._logs)
        self._supervisor = Supervisor()
        self._http = httpx.AsyncClient(timeout=2, trust_env=False)
        self._quiet = Quiet(
            reaching.Kafka(self.kafka),
            {app: self.addresses.apps[app].operations for app in self.apps},
            catalogue.TOPICS,
        )
        self._lock: int | None = None

    @property
    def kafka(self) -> str:
        """Kafka's address, ``127.0.0.1:port``."""
        return self.addresses.bootstrap

    @property
    def ways(self) -> Ways:
        """How it is reached."""
        apps = self.addresses.apps
        return Ways.unasked(self.kafka, lambda app: apps[app].public, lambda app: apps[app].operations)

    @property
    def keys_of_topics(self) -> Path:
        """The folder with the keys of all sealed topics."""
        return self.folder / "secrets" / "topics"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the processes that run."""
        return self._supervisor.names

    def database(self, app: str) -> str:
        """DSN of an app's database, as the app itself has it."""
        return self._postgres.dsn(app, app, self._keys.secret(app, "database"))

    def restarts(self) -> dict[str, int]:
        """How often each process was started again."""
        return {name: self._supervisor.restarts(name) for name in self.names}

    async def kill(self, name: str) -> None:
        """SIGKILL a process; returns when the supervisor has it running and ready again."""
        await self._supervisor.kill(name)

    async def quiet(self, seconds_max: float = 30.0) -> None:
        """Return when nothing is left to do. Raises Trouble saying who still has what."""
        await self._quiet.wait(seconds_max)

    async def statuses(self) -> dict[str, dict[str, Any]]:
        """What every app says of itself (``GET /status``)."""
        return await self._quiet.statuses()

    async def mails(self) -> catcher.Counts:
        """What the catcher kept."""
        return catcher.counts(self.mail_folder)

    async def __aenter__(self) -> Self:
        self._lock = alone.take_platform(self.folder)
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Stop all: first who works, then what they work on."""
        await self._quiet.close()
        await self._http.aclose()
        await self._supervisor.stop(["clock", *self.apps])
        await self._supervisor.stop(["mail", "kafka", "postgres"])
        (self.folder / addresses.FILE).unlink(missing_ok=True)
        if self._lock is not None:
            alone.give_back(self._lock)
            self._lock = None

    async def _start(self) -> None:
        await asyncio.to_thread(self._end_leftovers)
        if self._fresh:
            for name in ("kafka", "postgres", "mail", "secrets", "logs"):
                shutil.rmtree(self.folder / name, ignore_errors=True)
        self._logs.mkdir(exist_ok=True)
        self._require_free_ports()
        await _together(self._start_kafka(), self._start_postgres(), self._start_catcher())
        await _together(*(self._start_app(app) for app in self.apps))
        if self._clock:
            await self._start_clock()
        self.addresses.write(self.folder)

    def _end_leftovers(self) -> None:
        """End what a killed run left behind: the lock is ours, so whatever has a pid file has no parent."""
        for pid_file in sorted(self._logs.glob("*.pid")):
            stop_signal = signal.SIGINT if pid_file.stem == "postgres" else signal.SIGTERM
            if end_leftover(pid_file, stop_signal):
                self._told(f"ended {pid_file.stem}, which a killed run had left behind")

    def _require_free_ports(self) -> None:
        at = self.addresses
        needed = {"Kafka": at.kafka, "Kafka's controller": at.controller, "PostgreSQL": at.postgres, "mail": at.smtp}
        for app in self.apps:
            needed |= {app: at.apps[app].public_port, f"{app} (operations)": at.apps[app].operations_port}
        for purpose, port in needed.items():
            ports.require_free(port, purpose)

    async def _start_kafka(self) -> None:
        await asyncio.to_thread(self._kafka.prepare, self._fetched)
        await self._supervisor.start(self._kafka.child, lambda: asyncio.to_thread(self._kafka.answers))
        made = await asyncio.to_thread(topics.ensure, self.kafka)
        self._told(f"Kafka {jars.KAFKA_VERSION} at {self.kafka}, {len(catalogue.TOPICS)} topics ({len(made)} new)")

    async def _start_postgres(self) -> None:
        await asyncio.to_thread(self._postgres.prepare)
        await self._supervisor.start(self._postgres.child, lambda: asyncio.to_thread(self._postgres.answers))
        owners = {app: databases.Owner(app, self._keys.secret(app, "database")) for app in self.apps}
        await databases.ensure(self._postgres.dsn(), owners)
        self._told(f"PostgreSQL at {ports.HOST}:{self.addresses.postgres}, a database per app")

    async def _start_catcher(self) -> None:
        module = [sys.executable, "-m", "b40_infra.local.catcher", "--folder", str(self.mail_folder)]
        command = Command(name="mail", arguments=[*module, "--port", str(self.addresses.smtp)])
        await self._supervisor.start(
            Child(command, self._logs), lambda: asyncio.to_thread(ports.listens, self.addresses.smtp)
        )
        self._told(f"mail is caught at {ports.HOST}:{self.addresses.smtp} and kept in {self.mail_folder}")

    async def _start_app(self, app: str) -> None:
        command = Command(name=app, arguments=[sys.executable, "-m", MODULES[app]], environment=self._environment(app))
        await self._supervisor.start(Child(command, self._logs), lambda: self._app_is_ready(app))
        self._told(f"{app} at {self.addresses.apps[app].public}")

    async def _start_clock(self) -> None:
        command = Command(name="clock", arguments=[sys.executable, "-m", "b40_infra.clock", self.kafka])
        child = Child(command, self._logs)

        async def runs() -> bool:
            return child.alive

        await self._supervisor.start(child, runs)
        self._told("the clock ticks once a minute")

    def _environment(self, app: str) -> dict[str, str]:
        """An app's settings. Of the secrets it is given its own alone."""
        own = self.addresses.apps[app]
        environment = {
            "B40_KAFKA": self.kafka,
            "B40_DATABASE": self.database(app),
            "B40_SECRET": self._keys.secret(app, "secret"),
            "B40_SEALED_KEYS": str(self._keys.sealed_keys(app, catalogue.TOPICS)),
            "B40_HOST": ports.HOST,
            "B40_PUBLIC_PORT": str(own.public_port),
            "B40_OPERATIONS_PORT": str(own.operations_port),
        }
        if app == "notify":
            environment |= {
                "B40_SMTP_HOST": ports.HOST,
                "B40_SMTP_PORT": str(self.addresses.smtp),
                "B40_PUBLIC_URL": own.public,
                "B40_VAULT_KEY": self._keys.secret(app, "vault"),
            }
        return environment

    async def _app_is_ready(self, app: str) -> bool:
        try:
            answer = await self._http.get(f"{self.addresses.apps[app].operations}/ready")
        except httpx.HTTPError:
            return False
        return answer.status_code == httpx.codes.OK


async def _together(*starts: Coroutine[Any, Any, None]) -> None:
    """Run these at once; the first failure ends the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for start in starts:
                group.create_task(start)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
