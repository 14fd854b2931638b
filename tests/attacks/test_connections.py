"""Slow, idle and many connections: each is bounded in time, all in number, and others are served meanwhile."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from b40_chassis import bounds, port
from b40_chassis.problems import install
from b40_chassis.settings import Settings
from b40_infra.certificates import Authority
from b40_infra.local import ports
from fastapi import FastAPI, Request, Response

from tests.attacks.conftest import listening
from tests.attacks.raw import ask, line, request

SOON = 0.3
LARGE = 30_000_000
HEAD = b"GET /live HTTP/1.1\r\nx: "


def api() -> FastAPI:
    """An API that answers little, much, or how long a body was."""
    made = FastAPI()
    install(made)
    made.add_middleware(bounds.Bounds)

    @made.get("/live")
    async def live() -> dict[str, bool]:
        return {"live": True}

    @made.get("/much")
    async def much() -> Response:
        return Response(b"x" * LARGE)

    @made.post("/long")
    async def long(request: Request) -> int:
        return len(await request.body())

    return made


@pytest.fixture
async def soon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    """A port with short bounds."""
    monkeypatch.setattr(port, "HEAD_SECONDS_MAX", SOON)
    monkeypatch.setattr(port, "EXCHANGE_SECONDS_MAX", 2 * SOON)
    monkeypatch.setattr(bounds, "BODY_SECONDS_MAX", SOON)
    async with listening(api(), settings) as number:
        yield number


async def test_a_head_that_comes_byte_by_byte_is_given_up(soon: int) -> None:
    """Breaks if every byte gives its sender more time."""
    async with line(soon) as slow, slow.dripping(HEAD):
        answer = await slow.answer()
        assert (answer.status, answer.problem["title"]) == (408, "Too slow")
        assert await slow.ended() == b""


@pytest.mark.parametrize("beginning", [b"", b"GET /live"])
async def test_a_connection_on_which_nothing_comes_is_closed(soon: int, beginning: bytes) -> None:
    async with line(soon) as idle:
        await idle.send(beginning)
        assert (await idle.answer()).status == 408
        assert await idle.ended() == b""


async def test_a_second_request_has_no_more_time_than_the_first(soon: int) -> None:
    """Breaks if one good request buys a connection for ever."""
    async with line(soon) as slow:
        await slow.send(request())
        assert (await slow.answer()).status == 200
        async with slow.dripping(HEAD):
            assert await slow.ended() == b""


@pytest.mark.parametrize("framing", ["content-length: 900000", "transfer-encoding: chunked"])
async def test_a_body_that_does_not_come_is_given_up(soon: int, framing: str) -> None:
    async with line(soon) as slow:
        await slow.send(request("/long", "POST", framing))
        answer = await slow.answer()
        assert (answer.status, answer.problem["field"]) == (408, "body")
        assert await slow.ended() == b""


async def test_a_body_that_nobody_reads_does_not_keep_a_connection(soon: int) -> None:
    """Breaks if the rest of a refused body is waited for as long as a byte of it comes now and then."""
    async with line(soon) as slow:
        await slow.send(request("/nowhere", "POST", "content-length: 900000"))
        assert (await slow.answer()).status == 404
        async with slow.dripping():
            assert await slow.ended() == b""


async def test_a_client_that_does_not_read_its_answer_is_cut_off(soon: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if answers of any size are kept for whoever asks for them and goes to sleep."""
    lost, lose = asyncio.Event(), port._Protocol.connection_lost

    def notice(connection: port._Protocol, error: Exception | None) -> None:
        lose(connection, error)
        if connection.cycle is not None:  # not that of the fixture, which only looked whether somebody listens
            lost.set()

    monkeypatch.setattr(port._Protocol, "connection_lost", notice)
    narrow = socket.create_connection((ports.HOST, soon))
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 200_000)  # else the kernel may take all of it
    async with line(sock=narrow) as asleep:
        await asleep.send(request("/much"))
        async with asyncio.timeout(10):
            await lost.wait()
        assert len(await asleep.ended()) < LARGE


async def test_only_so_many_connections_are_open_and_others_come_when_some_are_gone(settings: Settings) -> None:
    few = settings.model_copy(update={"connections": 10})
    async with listening(api(), few) as number, AsyncExitStack() as stack:
        held = [await stack.enter_async_context(line(number)) for _ in range(10)]
        await held[-1].send(request())
        assert (await held[-1].answer()).status == 200
        async with line(number) as one_more:
            assert (await one_more.answer()).problem["title"] == "Busy"
            assert await one_more.ended() == b""
        held[0].writer.transport.abort()

        async def served() -> bool:
            async with line(number) as again:
                await again.send(request())
                return (await again.answer()).status == 200

        async with asyncio.timeout(5):
            while not await served():
                pass


async def test_one_address_does_not_take_all_connections(settings: Settings) -> None:
    """Breaks if a single machine keeps everybody else out."""
    few = settings.model_copy(update={"connections_of_one": 3})
    async with listening(api(), few) as number, AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(line(number))
        assert (await ask(number, request())).status == 503
        async with line(number, local_addr=("127.0.0.2", 0)) as neighbour:
            await neighbour.send(request())
            assert (await neighbour.answer()).status == 200


async def test_a_handshake_that_does_not_come_is_given_up(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if who never begins TLS keeps a connection: it comes before all that counts connections."""
    monkeypatch.setattr(port, "HEAD_SECONDS_MAX", SOON)
    certificate = Authority(tmp_path).issue(tmp_path, "registry", ["127.0.0.1"])
    async with listening(api(), settings.model_copy(update={"tls": certificate})) as number, line(number) as silent:
        assert await silent.ended() == b""


async def test_requests_that_come_at_once_are_answered_in_order(settings: Settings) -> None:
    async with listening(api(), settings) as number, line(number) as fast:
        await fast.send(request() + request("/nowhere") + request("/long", "POST", body=b"abc"))
        assert [(await fast.answer()).status for _ in range(3)] == [200, 404, 200]
