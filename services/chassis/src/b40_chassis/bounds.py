"""What a request may bring, on every route of every port: so many bytes, in so many seconds, in one framing, as it is.

Looked at before anything reads the body. A body is counted and timed while it is read, by whatever route reads it.
"""

import asyncio
from collections.abc import Sequence

from fastapi import FastAPI
from fastapi.params import Depends
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from b40_chassis import packing, problems, tracing
from b40_chassis.problems import Problem

BODY_BYTES_MAX = packing.RECORD_BYTES_MAX
BODY_SECONDS_MAX = 30.0
VERSIONS = ("1.0", "1.1")


def api(title: str, dependencies: Sequence[Depends] = ()) -> FastAPI:
    """An API without routes yet: within these bounds, every error a problem, nothing told that need not be."""
    made = FastAPI(
        title=title,
        dependencies=dependencies,
        telemetry=tracing.OF_HTTP,
        responses=problems.RESPONSES,
        redirect_slashes=False,  # it would send a client to whatever host the request names
    )
    problems.install(made)
    made.add_middleware(Bounds)
    return made


class Bounds:
    """Around an API: answers what breaks a bound with a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = _objection(scope["http_version"], Headers(scope=scope))
        if problem is not None:
            answer: Response = problem.response()
            await answer(scope, receive, send)
            return
        await self._app(scope, _Body(receive).receive, send)


class _Body:
    """A body on its way in."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0
        self._whole = False
        self._seconds_end: float | None = None

    async def receive(self) -> Message:
        """The next part. Raises Problem (408, 413)."""
        if self._whole:
            return await self._receive()  # until the client is gone
        if self._seconds_end is None:
            self._seconds_end = asyncio.get_running_loop().time() + BODY_SECONDS_MAX
        try:
            async with asyncio.timeout_at(self._seconds_end):
                message = await self._receive()
        except TimeoutError:
            detail = f"body: must be here whole within {BODY_SECONDS_MAX:.0f} s: send less at once"
            raise Problem(408, "Too slow", detail, "body", headers={"connection": "close"}) from None
        self._bytes += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._bytes > BODY_BYTES_MAX:
            raise _too_large()
        return message


def _objection(version: str, headers: Headers) -> Problem | None:
    """What the head of a request says that is not taken."""
    if version not in VERSIONS:
        return Problem(505, "No HTTP", "this port speaks HTTP/1.1", headers={"connection": "close"})
    length, framing = headers.get("content-length"), headers.get("transfer-encoding")
    if length is not None and framing is not None:  # a proxy before us may have taken the other for true
        detail = "content-length: contradicts transfer-encoding; give one of them"
        return Problem(400, "Contradiction", detail, "content-length", headers={"connection": "close"})
    if length is not None and int(length) > BODY_BYTES_MAX:
        return _too_large()
    if headers.get("content-encoding", "identity").lower() != "identity":
        detail = "content-encoding: only identity is taken; send the body as it is"
        return Problem(415, "Unknown encoding", detail, "content-encoding", headers={"accept-encoding": "identity"})
    return None


def _too_large() -> Problem:
    return Problem(413, "Too large", f"body: a request may have {BODY_BYTES_MAX} bytes at most", "body")
