"""Child processes: started with a log and a pid file, ended in order, and those of a killed run found and ended."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from b40_infra.errors import Trouble

LAUNCHER = Path(__file__).with_name("launch.py")
LEFTOVER_SECONDS_MAX = 10.0
TAIL_LINES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to run; ``stop_signal`` asks it to end in order, ``user`` is the (user, group) to run as, if another."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    user: tuple[int, int] | None = None


class Child:
    """One child process. ``folder`` holds ``<name>.log`` and, while it runs, ``<name>.pid``.

    Start it from a thread that lives as long as the child may: the kernel ends a child with the thread that made it.
    """

    def __init__(self, command: Command, folder: Path) -> None:
        self.command = command
        self.log = folder / f"{command.name}.log"
        self._pid_file = folder / f"{command.name}.pid"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """Name of the child."""
        return self.command.name

    @property
    def pid(self) -> int | None:
        """Process id while it runs, else None."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """True while the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def ended_with(self) -> int | None:
        """Its exit code, or the signal that ended it as a negative number; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Start it; what a killed run left behind under the same pid file is ended first."""
        assert not self.alive, f"{self.name} runs already"
        end_leftover(self._pid_file, self.command.stop_signal)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        user, group = self.command.user or (-1, -1)
        tied = [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(self.command.death_signal))]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  (our own list, no shell)
                [*tied, str(user), str(group), *self.command.arguments],
                env={**os.environ, **self.command.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; we end the children in their order
            )
        with contextlib.suppress(psutil.NoSuchProcess):
            started = psutil.Process(self._process.pid).create_time()
            self._pid_file.write_text(f"{self._process.pid} {started}\n", "ascii")

    def ask_to_stop(self) -> None:
        """Send the signal that asks it to end in order."""
        if self.alive and self._process is not None:
            self._process.send_signal(self.command.stop_signal)

    def kill(self) -> None:
        """SIGKILL, as a crash."""
        if self.alive and self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, seconds_max: float = 10.0) -> None:
        """Ask it to end, wait, and kill it if it does not."""
        self.ask_to_stop()
        if self._process is not None:
            try:
                self._process.wait(seconds_max)
            except subprocess.TimeoutExpired:
                self.kill()
        self._pid_file.unlink(missing_ok=True)

    def require_alive(self) -> None:
        """Raise Trouble, with the end of its log, if it has died."""
        if not self.alive:
            raise Trouble(f"{self.name} ended while it started: {self.last_words()} (log: {self.log})")

    def last_words(self) -> str:
        """The last lines of its log, in one line."""
        if not self.log.exists():
            return "it said nothing"
        lines = [line.strip() for line in self.log.read_text("utf-8", errors="replace").splitlines() if line.strip()]
        return " | ".join(lines[-TAIL_LINES:]) or "it said nothing"


def end_leftover(pid_file: Path, stop_signal: signal.Signals = signal.SIGTERM) -> bool:
    """End the process that a killed run left behind, and only that: same id, same start time. True if there was one."""
    try:
        pid, started = pid_file.read_text("ascii").split()
        process = psutil.Process(int(pid))
        if abs(process.create_time() - float(started)) > 0.05:  # the id is another's by now
            return False
        process.send_signal(stop_signal)
        try:
            process.wait(LEFTOVER_SECONDS_MAX)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(LEFTOVER_SECONDS_MAX)
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return False
    finally:
        pid_file.unlink(missing_ok=True)
    return True


def wait_until(ready: Callable[[], bool], child: Child, seconds_max: float) -> None:
    """Wait until ``ready()`` is true. Raises Trouble if the child dies or takes longer than ``seconds_max``."""
    deadline = time.monotonic() + seconds_max
    while not ready():
        child.require_alive()
        if time.monotonic() > deadline:
            raise Trouble(f"{child.name} is not ready after {seconds_max:.0f} s: {child.last_words()} ({child.log})")
        time.sleep(0.03)
