"""Secrets of a platform on this machine: made once, readable by their owner alone, each app given only its own.

``<folder>/<app>/secret``, ``database``, ``vault`` hold hexadecimal digits; ``<folder>/<app>/sealed/<topic>.key`` the
keys of the sealed topics that the app says or hears, as the chassis reads them.
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from b40_contracts.topic import Topic

from b40_infra import private

SECRET_BYTES = 32


class Keys:
    """The secrets under a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def secret(self, app: str, name: str) -> str:
        """A secret of an app, as hexadecimal digits of 32 bytes; made when it is first asked for."""
        return self._once(self._folder / app / name, secrets.token_hex(SECRET_BYTES))

    def sealed_keys(self, app: str, topics: Sequence[Topic]) -> Path:
        """The folder with the keys of the sealed topics among those that this app says or hears."""
        folder = self._folder / app / "sealed"
        private.make(folder)
        for topic in topics:
            if topic.sealed and (topic.producer == app or topic.hears(app) is not None):
                key = self._topic_key(topic.name)
                self._once(folder / f"{topic.name}.key", key)
        return folder

    def rotate_topic(self, topic: str, holders: Sequence[str], now: datetime, kept: timedelta) -> None:
        """Put a new key before those of a sealed topic; leave out those that were replaced longer ago than ``kept``.

        The oldest stays for ever: subjects are hashed with it, so that they keep their partitions. Who runs reads the
        file again when it meets the new key, so it stands at every holder before anybody seals with it.
        """
        path = self._folder / "topics" / f"{topic}.key"
        lines = self._topic_key(topic).splitlines()
        *replaceable, oldest = [f"{now:%Y%m%dT%H%M%SZ} {secrets.token_hex(SECRET_BYTES)}", *lines]
        successors = [None, *replaceable]
        recent = [
            line
            for line, successor in zip(replaceable, successors, strict=False)
            if successor is None or _made(successor) > now - kept
        ]
        content = "".join(f"{line}\n" for line in [*recent, oldest]).encode("ascii")
        for holder in holders:
            private.write(self._folder / holder / "sealed" / f"{topic}.key", content)
        private.write(path, content)

    def _topic_key(self, topic: str) -> str:
        return self._once(self._folder / "topics" / f"{topic}.key", f"1 {secrets.token_hex(SECRET_BYTES)}\n")

    def _once(self, path: Path, fresh_content: str) -> str:
        """Content of a file that is written once, whole or not at all."""
        if not path.exists():
            private.make(path.parent)
            private.write(path, fresh_content.encode("ascii"))
        return path.read_text("ascii")


def _made(line: str) -> datetime:
    """When a key was made that came by a rotation: its id says it."""
    return datetime.strptime(line.split()[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
