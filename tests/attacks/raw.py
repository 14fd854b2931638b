"""A client that sends bytes as they are, slowly or not at all: what no library of HTTP would send."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import Any

from b40_infra.local import ports

ANSWER_SECONDS_MAX = 10.0
DRIP_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back of one request."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document that it is."""
        assert self.headers["content-type"] == "application/problem+json", self
        document: dict[str, Any] = json.loads(self.body)
        assert document["status"] == self.status
        assert document["title"], self
        assert document["detail"], self
        return document


class Line:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self.writer = writer

    async def send(self, raw: bytes) -> None:
        """Send bytes."""
        self.writer.write(raw)
        await self.writer.drain()

    @asynccontextmanager
    async def dripping(self, beginning: bytes = b"") -> AsyncIterator[None]:
        """Send a byte now and then meanwhile, without an end."""

        async def drip() -> None:
            for byte in chain(beginning, repeat(ord("x"))):
                await self.send(bytes([byte]))
                await asyncio.sleep(DRIP_SECONDS)

        task = asyncio.create_task(drip())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def answer(self) -> Answer:
        """Read one answer. Raises TimeoutError, or IncompleteReadError if the connection ends before it."""
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
            body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(first.split()[1]), headers, body)

    async def ended(self) -> bytes:
        """What still came until the connection ended. Raises TimeoutError."""
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            try:
                return await self._reader.read()
            except ConnectionResetError:
                return b""


@asynccontextmanager
async def line(port: int | None = None, **how: Any) -> AsyncIterator[Line]:
    """A connection to a port of this machine, or on a ``sock`` that is connected."""
    reader, writer = await asyncio.open_connection(ports.HOST if port is not None else None, port, **how)
    try:
        yield Line(reader, writer)
    finally:
        writer.transport.abort()


async def ask(port: int, raw: bytes) -> Answer:
    """The answer to one request, which must be a problem document if it is an error."""
    async with line(port) as connection:
        await connection.send(raw)
        answer = await connection.answer()
    assert answer.status < 400 or answer.problem
    return answer


def request(target: str = "/live", method: str = "GET", *headers: str, body: bytes = b"") -> bytes:
    """A request, written by hand; it needs no ``content-length`` unless it has a body."""
    lines = [f"{method} {target} HTTP/1.1", "host: b40.example", *headers]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
