"""A TCP proxy of our own: between a client and a server of this machine, it is the network at its worst."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from b40_infra.local import ports

CHUNK_BYTES_MAX = 1024 * 1024


class _Line:
    """One connection: the client's side, and the server's unless nothing is forwarded. ``lost``: bytes went missing."""

    def __init__(self, *writers: asyncio.StreamWriter) -> None:
        self.writers = list(writers)
        self.lost = False
        self.over = asyncio.Event()

    def cut(self) -> None:
        self.over.set()
        for writer in self.writers:
            writer.transport.abort()


class Proxy:
    """Forwards ``port`` of this machine to ``target_port``; start it, harm it, heal it, end it."""

    def __init__(self, target_port: int, port: int | None = None) -> None:
        self.port = ports.free() if port is None else port
        self.target_port = target_port
        self._server: asyncio.Server | None = None
        self._lines: dict[asyncio.Task[None] | None, _Line] = {}
        self._seconds_there = self._seconds_back = 0.0
        self._swallowing = False
        self._awaited: tuple[bytes, Callable[[], None]] | None = None

    async def __aenter__(self) -> Self:
        await self.heal()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.refuse()
        self._swallowing = False
        self.cut()
        await asyncio.gather(*filter(None, self._lines), return_exceptions=True)

    def delay(self, seconds_there: float, seconds_back: float) -> None:
        """Hold whatever passes for a while, to the server and back."""
        self._seconds_there, self._seconds_back = seconds_there, seconds_back

    def cut(self) -> None:
        """End all connections at once, on both sides."""
        for line in self._lines.values():
            line.cut()

    def refuse(self) -> None:
        """Take no new connection; those that are open go on."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def swallow(self) -> None:
        """Go half-open: whatever comes is taken, also new connections, and nothing is forwarded, closed or said."""
        self._swallowing = True

    def when_sent(self, word: bytes, act: Callable[[], None]) -> None:
        """Do this once, right after a chunk with the word has been forwarded to the server and before it answers."""
        self._awaited = (word, act)

    async def heal(self) -> None:
        """Forward again at once. A connection that lost bytes can only end, as by a router that forgot it."""
        self._swallowing = False
        self._awaited = None
        self.delay(0, 0)
        for line in self._lines.values():
            if line.lost:
                line.cut()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, ports.HOST, self.port, limit=CHUNK_BYTES_MAX)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = self._lines[asyncio.current_task()] = _Line(writer)
        try:
            await self._forward(line, reader, writer)
        except OSError:
            return
        finally:
            del self._lines[asyncio.current_task()]
            line.cut()

    async def _forward(self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._swallowing:
            line.lost = True
            while await reader.read(CHUNK_BYTES_MAX):
                pass
            return
        answers, questions = await asyncio.open_connection(ports.HOST, self.target_port, limit=CHUNK_BYTES_MAX)
        line.writers.append(questions)
        there = asyncio.create_task(self._pump(line, reader, questions, back=False))
        back = asyncio.create_task(self._pump(line, answers, writer, back=True))
        _, other = await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        for task in other:
            task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await task

    async def _pump(
        self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, back: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES_MAX):
                await asyncio.sleep(self._seconds_back if back else self._seconds_there)
                if self._swallowing or line.lost:
                    line.lost = True
                    continue
                writer.write(data)
                if not back:
                    self._notice(data)
                await writer.drain()
        if self._swallowing:  # the end of one side is swallowed too
            line.lost = True
            await line.over.wait()

    def _notice(self, data: bytes) -> None:
        if self._awaited is not None and self._awaited[0] in data:
            _, act = self._awaited
            self._awaited = None
            act()
