"""Secrets of a platform on this machine: made once, readable by their owner alone, each app given only its own.

``<folder>/<app>/secret``, ``database``, ``vault`` hold hexadecimal digits; ``<folder>/<app>/sealed/<topic>.key`` the
keys of the sealed topics that the app says or hears, as the chassis reads them.
"""

import secrets
from collections.abc import Sequence
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

    def _topic_key(self, topic: str) -> str:
        return self._once(self._folder / "topics" / f"{topic}.key", f"1 {secrets.token_hex(SECRET_BYTES)}\n")

    def _once(self, path: Path, fresh_content: str) -> str:
        """Content of a file that is written once, whole or not at all."""
        if not path.exists():
            private.make(path.parent)
            private.write(path, fresh_content.encode("ascii"))
        return path.read_text("ascii")
