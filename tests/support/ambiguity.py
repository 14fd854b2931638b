"""Commits whose answer is lost: the client cannot know whether what it asked for has happened. It has."""

import asyncio
from contextlib import suppress
from urllib.parse import urlsplit

from tests.support.proxy import CHUNK_BYTES_MAX, Proxy, _Line


class LosesAnswers(Proxy):
    """Forwards COMMIT and then, ``armed`` times, cuts the connection in place of the answer."""

    armed = 0
    lost = 0

    async def _pump(
        self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, back: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES_MAX):
                if back and line.lost:
                    self.lost += 1
                    line.cut()
                    return
                if not back and self.armed and b"COMMIT;" in data:
                    self.armed -= 1
                    line.lost = True
                writer.write(data)
                await writer.drain()


def through(proxy: Proxy, address: str) -> str:
    """The address of a database, by way of a proxy."""
    parts = urlsplit(address)
    return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{proxy.port}").geturl()
