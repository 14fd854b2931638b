"""A port of an app: HTTP/1.1, over TLS if there is a certificate, with a bound for all that a client may keep.

A head is at most 16 KiB (h11) and must be here within some seconds, as the TLS handshake before it; a request with its
answer is over within a minute; only so many connections are open, and only so many of one address.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import h11
import structlog
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol

from b40_chassis import problems
from b40_chassis.settings import Settings

log = structlog.get_logger()

HEAD_SECONDS_MAX = 10.0
"""From the connection, or the last answer, to the end of the next head: also for an idle connection."""
EXCHANGE_SECONDS_MAX = 60.0
"""From a head to the last byte of its answer: the time for a body, for the work, and for a client that reads slowly."""
CLOSE_SECONDS_MAX = 5.0
REQUEST_SECONDS_MAX = 3
HEAD_TOO_LARGE = 431


class _Protocol(H11Protocol):
    """One connection."""

    settings: Settings
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._bound(HEAD_SECONDS_MAX)
        of_one = [each for each in self.connections if isinstance(each, H11Protocol) and _host(each) == _host(self)]
        settings = self.settings
        if len(self.connections) > settings.connections or len(of_one) > settings.connections_of_one:
            self._refuse(503, "Busy", "too many connections are open: come again later, and use one for many requests")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._limit is not None:
            self._limit.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before and not self.cycle.response_complete:
            self._bound(EXCHANGE_SECONDS_MAX)

    def on_response_complete(self) -> None:
        before = self.cycle
        self._bound(EXCHANGE_SECONDS_MAX if self.transport.get_write_buffer_size() else HEAD_SECONDS_MAX)
        super().on_response_complete()
        if self.cycle is not before:  # the next request had come with the one before
            self._bound(EXCHANGE_SECONDS_MAX)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is told so; the words of the parser may repeat what was sent."""
        error = sys.exception()
        if isinstance(error, h11.RemoteProtocolError) and error.error_status_hint == HEAD_TOO_LARGE:
            self._refuse(HEAD_TOO_LARGE, "Too large", "the head of the request is too large")
        else:
            self._refuse(400, "No HTTP", "this is not a request of HTTP/1.1")

    def _bound(self, seconds: float) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._limit = self.loop.call_later(seconds, self._end)

    def _end(self) -> None:
        """Its time is over."""
        if self.transport.is_closing() or self.cycle is not None:
            self.transport.abort()  # closing would wait for a client that does not read
        else:
            self._refuse(408, "Too slow", f"the head of a request must be here within {HEAD_SECONDS_MAX:.0f} s")

    def _refuse(self, status: int, title: str, detail: str) -> None:
        """Answer, if no other answer has begun, and close."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            answer = problems.document(status, title, detail, headers={"connection": "close"})
            head = h11.Response(status_code=status, headers=answer.raw_headers, reason=STATUS_PHRASES[status])
            for event in (head, h11.Data(data=bytes(answer.body)), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._bound(CLOSE_SECONDS_MAX)


def _host(connection: H11Protocol) -> str | None:
    return connection.client[0] if connection.client is not None else None


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """The process handles its signals itself: two servers share it."""
        yield

    async def startup(self, sockets: Any = None) -> None:
        """Listen, as uvicorn does, with a bound for the handshake, which comes before any protocol of ours."""
        config = self.config
        seconds = HEAD_SECONDS_MAX if config.ssl else None

        def protocol() -> asyncio.Protocol:
            return config.http_protocol_class(config=config, server_state=self.server_state, app_state={})  # type: ignore[call-arg]

        try:
            listening = await asyncio.get_running_loop().create_server(
                protocol, config.host, config.port, ssl=config.ssl, ssl_handshake_timeout=seconds
            )
        except OSError as error:
            log.critical("cannot listen", port=config.port, error=error.strerror)
            sys.exit(1)
        self.servers = [listening]
        self.started = True


@asynccontextmanager
async def opened(api: FastAPI, settings: Settings, port: int) -> AsyncIterator[None]:
    """Serve an API on a port, in this process, until the end of the context."""
    config = uvicorn.Config(
        api,
        host=settings.host,
        port=port,
        http=type("Protocol", (_Protocol,), {"settings": settings}),
        ws="none",
        ssl_certfile=settings.tls,
        log_config=None,  # else uvicorn has handlers of its own, which print tracebacks with all that errors say
        log_level="warning",
        lifespan="off",
        server_header=False,  # whose software this is helps an attacker alone
        timeout_graceful_shutdown=REQUEST_SECONDS_MAX,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({serving}, timeout=REQUEST_SECONDS_MAX + 1)
