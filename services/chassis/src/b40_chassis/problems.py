"""Errors over HTTP: RFC 9457 problem documents that name the field and never repeat what was sent."""

from collections.abc import Mapping
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as HTTPExceptionOfRouting
from starlette.requests import ClientDisconnect

from b40_chassis.errors import describe, of_infrastructure

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
FIELD_CHARACTERS_MAX = 200
TITLES = {404: "Unknown", 405: "Not offered"}

_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The same for all of a kind."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong with this request."},
        "field": {"type": "string", "description": "Where it is wrong, if it is at one place."},
    },
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    kind: {"description": description, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}
    for kind, description in (
        ("4XX", "The request cannot be taken as it is; the document says why (RFC 9457)."),
        ("5XX", "The app cannot answer at the moment; the document says why (RFC 9457)."),
    )
}
"""What every route may answer besides its own, for the documentation of an API."""


class Problem(HTTPException):
    """An answer that is a problem document; ``title`` is the same for all of a kind, ``detail`` is of this one.

    ``headers`` are those of the answer, as ``retry-after``. FastAPI lets an HTTPException pass wherever it is raised.
    """

    def __init__(
        self, status: int, title: str, detail: str, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, headers)
        self.title = title
        self.field = field

    def response(self) -> JSONResponse:
        """The problem document as a response."""
        return document(self.status_code, self.title, self.detail, self.field, self.headers)


def document(
    status: int, title: str, detail: str, field: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """A problem document as a response."""
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if field is not None:
        content["field"] = field
    return JSONResponse(content, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def install(api: FastAPI) -> None:
    """Make every error of an API a problem document."""

    @api.exception_handler(Problem)
    async def problem(_: Request, error: Problem) -> JSONResponse:
        return error.response()

    @api.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])[:FIELD_CHARACTERS_MAX]
        return document(422, "Invalid request", f"{field}: {first['msg']}", field)

    @api.exception_handler(HTTPExceptionOfRouting)
    async def http(_: Request, error: HTTPExceptionOfRouting) -> JSONResponse:
        title = TITLES.get(error.status_code, "Not possible")
        return document(error.status_code, title, str(error.detail), headers=error.headers)

    @api.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> JSONResponse:
        """Nobody reads it: the client went away in the middle of its request, which is no failure of ours."""
        return document(400, "Cut off", "body: did not come to its end", "body")

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
