"""Copies of the ledger as processes: started, killed, frozen, thawed, stopped, as an orchestrator or bad luck would."""

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
from b40_infra.local import ports
from b40_infra.local.process import Child, Command

ROOT = Path(__file__).parents[2]


class Copy:
    """One copy of an app as a process. ``module`` is what runs, ``settings`` its environment without ports."""

    def __init__(self, name: str, module: str, folder: Path, settings: Mapping[str, str], *arguments: str) -> None:
        self.name = name
        self.public_port, self.operations_port = ports.free(), ports.free()
        own = {"B40_PUBLIC_PORT": str(self.public_port), "B40_OPERATIONS_PORT": str(self.operations_port)}
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self.child = Child(
            Command(
                name=name,
                arguments=[sys.executable, "-m", module, *arguments],
                environment={**settings, **own, "PYTHONPATH": path},
            ),
            folder,
        )

    def start(self) -> None:
        """Start the process; also again after it ended."""
        self.child.start()

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        self.child.kill()

    def freeze(self) -> None:
        """SIGSTOP: the process does nothing, and its connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: the process goes on as if no time had passed."""
        self._signal(signal.SIGCONT)

    def ask_to_stop(self) -> None:
        """SIGTERM: the process ends in order."""
        self.child.ask_to_stop()

    def end(self) -> None:
        """End it in order, thawed if need be."""
        if self.child.alive:
            self.thaw()
        self.child.stop()

    @property
    def code(self) -> int | None:
        """Its exit code, or None while it runs; below 0 it is the signal that ended it."""
        process = self.child._process
        return process.poll() if process is not None else None

    @property
    def operations(self) -> str:
        """URL of its operations port."""
        return f"http://{ports.HOST}:{self.operations_port}"

    async def ready(self) -> bool:
        """Whether it says that it is ready."""
        try:
            async with httpx.AsyncClient(timeout=2) as client:
                return (await client.get(f"{self.operations}/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    async def live(self) -> int | None:
        """What its liveness probe answers, or None."""
        try:
            async with httpx.AsyncClient(timeout=2) as client:
                return (await client.get(f"{self.operations}/live")).status_code
        except httpx.HTTPError:
            return None

    def _signal(self, number: signal.Signals) -> None:
        assert self.child.pid is not None, f"{self.name} does not run"
        os.kill(self.child.pid, number)
