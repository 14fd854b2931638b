"""The compose stack as the outside sees it: its addresses, and the secrets that are lent to those who come from there.

Needs a stack that was started with ``compose.outside.yaml`` too, which opens the operations ports to this machine.
"""

import asyncio
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from b40_chassis.reaching import Kafka, Login
from b40_contracts import catalogue
from b40_contracts.platform import APPS, CLOCK
from b40_contracts.topic import Topic

from b40_infra import private
from b40_infra.access import OPERATOR, SETUP
from b40_infra.errors import Trouble
from b40_infra.local.catcher import Counts
from b40_infra.local.quiet import Quiet
from b40_infra.trust import trusted_by
from b40_infra.ways import Ways

HOST = "localhost"
MAIL_PORT, PUBLIC_PORT, OPERATIONS_PORT = 8025, 8401, 9401
PROJECT = "b40-test"
OUTSIDE = "compose.outside.yaml"
MAILS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Layout:
    """The compose files of a stack, and the ports of this machine at which its brokers are met."""

    files: tuple[str, ...]
    broker_ports: tuple[int, ...]

    @property
    def bootstrap(self) -> str:
        """Kafka's address from outside."""
        return ",".join(f"{HOST}:{port}" for port in self.broker_ports)


ALONE = Layout(("compose.yaml",), (9094,))
CLUSTER = Layout(("compose.yaml", "compose.cluster.yaml"), (9094, 9095, 9096))


class Stack:
    """A stack that runs. ``folder`` takes the secrets that are lent; ``integrator`` is a name that setup granted."""

    def __init__(self, infra: Path, folder: Path, integrator: str, layout: Layout = ALONE) -> None:
        self._infra = infra
        self._layout = layout
        self._folder = folder
        self._integrator = integrator
        self.names: Sequence[str] = ("kafka", "postgres", *APPS)
        self._quiet: Quiet
        self._http: httpx.AsyncClient

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._borrow)
        authority = self._folder / "setup" / "authority.pem"
        trusted = trusted_by(authority)
        operations = {app: f"https://{HOST}:{OPERATIONS_PORT + APPS.index(app)}" for app in APPS}
        self.ways = Ways(
            integrator=self._as(self._integrator),
            clock=self._as(CLOCK.producer),
            biller=self._as(self._integrator),
            reader=self._reader,
            public=lambda app: f"https://{HOST}:{PUBLIC_PORT + APPS.index(app)}",
            operations=operations.__getitem__,
            trusted=trusted,
        )
        self._quiet = Quiet(self._as(OPERATOR), operations, catalogue.TOPICS, trusted=trusted)
        self._http = httpx.AsyncClient(verify=trusted, trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._quiet.close()
        await self._http.aclose()

    @property
    def keys_of_topics(self) -> Path:
        """The folder with the keys of sealed topics."""
        return self._folder / "topics"

    async def quiet(self, seconds_max: float) -> None:
        """Return when nothing is left to do. Raises Trouble."""
        await self._quiet.wait(seconds_max)

    async def statuses(self) -> dict[str, dict[str, Any]]:
        """What every app says of itself."""
        return await self._quiet.statuses()

    async def mails(self) -> Counts:
        """What came to the mail server, and how many different ones."""
        answer = await self._http.get(f"https://{HOST}:{MAIL_PORT}/api/v1/messages", params={"limit": MAILS_MAX})
        answer.raise_for_status()
        ids = [message["MessageID"] for message in answer.json()["messages"]]
        return Counts(received=len(ids), kept=len(set(ids)))

    async def kill(self, name: str) -> None:
        """Kill a container as a crash would; return when it, started again, is healthy."""
        await asyncio.to_thread(self._compose, "kill", "--signal", "SIGKILL", name)
        await asyncio.to_thread(self._compose, "up", "--detach", "--no-deps", "--wait", name)

    def _compose(self, *arguments: str) -> bytes:
        return compose(self._infra, *arguments, layout=self._layout)

    def _borrow(self) -> None:
        """Take setup's passwords and the keys of topics out of their volumes, as who runs the stack may."""
        tar = ("--entrypoint", "tar", "secrets", "--create", "--directory", "/secrets", SETUP, "topics")
        packed = self._compose("run", "--rm", "--no-deps", "--no-TTY", *tar)
        private.make(self._folder)
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(self._folder, filter="data")

    def _as(self, principal: str) -> Kafka:
        password = self._folder / SETUP / "kafka" / f"{principal}.password"
        return Kafka(self._layout.bootstrap, Login(principal, password, self._folder / SETUP / "authority.pem"))

    def _reader(self, topic: Topic) -> Kafka:
        """The operator, who may not read what is sealed: that its producer does, to whom it stays sealed here too."""
        return self._as(topic.producer if topic.sealed and topic.producer else OPERATOR)


def compose(infra: Path, *arguments: str, layout: Layout = ALONE) -> bytes:
    """What a command of docker compose prints, given in the folder of the compose files. Raises Trouble."""
    files = [argument for file in (*layout.files, OUTSIDE) for argument in ("--file", file)]
    command = ("docker", "compose", *files, *arguments)
    done = subprocess.run(command, cwd=infra, capture_output=True, check=False)  # noqa: S603
    if done.returncode != 0:
        told = done.stderr or done.stdout
        raise Trouble(f"docker compose {' '.join(arguments)}: {told.decode(errors='replace')[-500:].strip()}")
    return done.stdout
