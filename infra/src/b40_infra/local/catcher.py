"""An SMTP server for this machine: keeps each mail as an ``.eml`` file, one per Message-ID, and sends nothing on.

A mail is acknowledged once its file and its folder are on disk. One that comes again under the same Message-ID (a crash
between our 250 and the sender's commit) is counted and replaces nothing.
"""

import argparse
import asyncio
import hashlib
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from b40_infra import private
from b40_infra.local.ports import HOST

BYTES_MAX = 10 * 1024 * 1024
RECEIVED = "received.log"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many mails were taken, and how many different ones were kept."""

    received: int
    kept: int


def counts(folder: Path) -> Counts:
    """What a catcher has taken into its folder so far."""
    log = folder / RECEIVED
    received = len(log.read_text("ascii").splitlines()) if log.exists() else 0
    return Counts(received=received, kept=sum(1 for _ in folder.glob("*.eml")))


def keep(folder: Path, mail: bytes) -> Path:
    """Write a mail so that it survives a crash, unless its Message-ID is there. Raises ValueError if it has none."""
    message_id = message_from_bytes(mail, policy=policy.default).get("Message-ID")
    if not message_id:
        raise ValueError("a mail without Message-ID cannot be told from another")
    name = hashlib.sha256(str(message_id).strip().encode("utf-8", "surrogateescape")).hexdigest()[:32]
    path = folder / f"{name}.eml"
    if not path.exists():
        fresh = folder / f".{name}.{os.getpid()}.{threading.get_ident()}"
        _write(fresh, mail, "wb")
        fresh.replace(path)
    _write(folder / RECEIVED, f"{name}\n".encode(), "ab")
    private.sync(folder)
    return path


class Catcher:
    """What aiosmtpd calls for each mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the mail, then acknowledge it."""
        content = envelope.original_content or b""
        try:
            await asyncio.to_thread(keep, self._folder, content)
        except ValueError as error:
            return f"550 {error}"
        except OSError:
            return "451 cannot write, try again later"
        return "250 kept"


async def run(folder: Path, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    handler = Catcher(folder)

    def session() -> SMTP:
        return SMTP(handler, data_size_limit=BYTES_MAX, enable_SMTPUTF8=True, hostname="catcher.b40.example", loop=loop)

    async with await loop.create_server(session, HOST, port):
        await ended.wait()


def _write(path: Path, content: bytes, mode: Literal["wb", "ab"]) -> None:
    with path.open(mode) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        arguments.folder.mkdir(parents=True, exist_ok=True)
        asyncio.run(run(arguments.folder, arguments.port))
