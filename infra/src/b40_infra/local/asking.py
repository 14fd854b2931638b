"""One question asked again and again over one kept connection.

A general HTTP client takes 2 ms of the processor for each answer; asking six apps every 10 ms would take it all.
"""

import asyncio
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

TRIES = 2
"""A kept connection may have been closed by the other side; a second try makes a new one."""


class Asking:
    """Asks for the JSON document at a URL of this machine."""

    def __init__(self, url: str, seconds_max: float, trusted: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        assert parts.scheme == ("http" if trusted is None else "https"), "whom to trust is said for https alone"
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._trusted = trusted
        self._question = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode("ascii")
        self._seconds_max = seconds_max
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self) -> Any | None:
        """The document, or None if there is no answer or it is not 200."""
        for _ in range(TRIES):
            try:
                async with asyncio.timeout(self._seconds_max):
                    status, body = await self._exchange()
            except (OSError, EOFError, LookupError, ValueError, asyncio.LimitOverrunError):
                await self.close()
                continue
            return json.loads(body) if status == 200 else None
        return None

    async def close(self) -> None:
        """Close the connection; asking again makes a new one."""
        writer, self._writer, self._reader = self._writer, None, None
        if writer is not None:
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                return

    async def _exchange(self) -> tuple[int, bytes]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, ssl=self._trusted)
        self._writer.write(self._question)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await self._reader.readexactly(int(headers["content-length"]))
        return int(head[0].split()[1]), body
