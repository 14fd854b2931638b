"""Errors over HTTP: RFC 9457 problem documents that name the field and never repeat what was sent."""

from collections.abc import Mapping

import asyncpg
import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from b40_chassis.errors import describe, of_infrastructure

log = structlog.get_logger()


class Problem(Exception):
    """An answer that is a problem document; ``title`` is the same for all of a kind, ``detail`` is of this one.

    ``headers`` are those of the answer, as ``retry-after``.
    """

    def __init__(
        self, status: int, title: str, detail: str, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.field = field
        self.headers = headers


def document(
    status: int, title: str, detail: str, field: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The problem document as a response."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if field is not None:
        content["field"] = field
    return JSONResponse(content, status_code=status, headers=headers, media_type="application/problem+json")


def install(api: FastAPI) -> None:
    """Make every error of an API a problem document."""

    @api.exception_handler(Problem)
    async def problem(_: Request, error: Problem) -> JSONResponse:
        return document(error.status, error.title, error.detail, error.field, error.headers)

    @api.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        return document(422, "Invalid request", f"{field}: {first['msg']}", field)

    @api.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> JSONResponse:
        return document(error.status_code, "Not possible", str(error.detail))

    @api.exception_handler(Exception)
    async def failed(_: Request, _error: Exception) -> JSONResponse:
        """Nobody thought of it; the log says where. The server closes the connection after it: the client is told."""
        headers = {"connection": "close"}
        return document(500, "Failed", "the app failed at this request: its log says where", headers=headers)

    @api.exception_handler(OSError)
    @api.exception_handler(asyncpg.InterfaceError)
    @api.exception_handler(asyncpg.PostgresError)
    async def away(_: Request, error: Exception) -> JSONResponse:
        if not of_infrastructure(error):
            raise error
        log.warning("a request failed", error=describe(error))
        return document(503, "Not available", "the database did not answer in time: send the same request again")
