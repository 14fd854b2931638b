"""One question over one kept connection, made anew when the other side closes it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from b40_infra.local import ports
from b40_infra.local.asking import Asking

ANSWERS_PER_CONNECTION = 2


class Answerer:
    """Answers a fixed number of questions on each connection, then closes it."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.connections = 0
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        for _ in range(ANSWERS_PER_CONNECTION):
            if not await reader.readline():
                break
            await reader.readuntil(b"\r\n\r\n")
            body = b'{"outbox": 1}'
            head = f"HTTP/1.1 {self.status} X\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        writer.close()


@pytest.fixture
async def answerer() -> AsyncIterator[Answerer]:
    answerer = Answerer()
    async with await asyncio.start_server(answerer, ports.HOST, 0) as server:
        answerer.port = server.sockets[0].getsockname()[1]
        yield answerer


async def test_a_connection_is_kept_and_made_anew_when_it_was_closed(answerer: Answerer) -> None:
    """Breaks if each question costs a connection, or if a closed one is taken for an app that is down."""
    asking = Asking(f"http://{ports.HOST}:{answerer.port}/status", 5)
    assert [await asking.ask() for _ in range(5)] == [{"outbox": 1}] * 5
    await asking.close()
    assert answerer.connections == 3


async def test_an_app_that_is_starting_or_down_has_no_answer(answerer: Answerer) -> None:
    """Breaks if 503 is read as a status, or a refused connection raises."""
    answerer.status = 503
    starting = Asking(f"http://{ports.HOST}:{answerer.port}/status", 5)
    assert await starting.ask() is None
    await starting.close()
    assert await Asking(f"http://{ports.HOST}:{ports.free()}/status", 5).ask() is None
