"""What became of the events of an intake, told to their sender alone."""

from typing import Annotated, Any
from urllib.parse import unquote

from b40_contracts.cloudevents import Malformed
from b40_contracts.cloudevents.envelope import ATTRIBUTE_CHARACTERS_MAX, checked_text
from fastapi import APIRouter, Path, Query, Request

from b40_chassis import authenticity, inbox
from b40_chassis.door import Door
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection
from b40_chassis.problems import Problem

PATH = "/intake/"
REFUSALS_MAX = 500
_ALLOWED = "[^\\u0000-\\u001f\\u007f-\\u009f\\ufdd0-\\ufdef\\ufffe\\uffff]"
_TEXT: dict[str, Any] = {"minLength": 1, "maxLength": ATTRIBUTE_CHARACTERS_MAX, "pattern": f"^{_ALLOWED}+$"}
_TEXT_OR_NONE: dict[str, Any] = {"maxLength": ATTRIBUTE_CHARACTERS_MAX, "pattern": f"^{_ALLOWED}*$"}
Name = Annotated[str, Path(json_schema_extra=_TEXT)]
"""Documented here, checked by what checks the attributes of events."""
CANNOT_BE_TRUSTED = sorted(authenticity.FORGED)
"""Reasons of dead letters that anybody could have written in the name of the sender."""


def router(frame: Frame, door: Door) -> APIRouter:
    """The routes by which a sender asks."""
    routes = APIRouter(tags=["intake"])

    @routes.get("/intake/refusals")
    async def refusals(
        request: Request,
        source: str = Query(description="The CloudEvents source, whole.", json_schema_extra=_TEXT),
        after: str = Query(
            default="", description="Begin after this id, the last of the page before.", json_schema_extra=_TEXT_OR_NONE
        ),
        limit: int = Query(default=100, ge=1, le=REFUSALS_MAX, description="At most so many."),
    ) -> list[dict[str, str]]:
        """What was refused of a source, and why, in order of the ids."""
        door.enter(request).check_source(_checked("source", source))
        async with frame.for_request() as connection:
            rows = await connection.fetch(
                """SELECT id, reason, detail FROM b40.refused WHERE source = $1 AND id > $2 ORDER BY id LIMIT $3""",
                source,
                _checked("after", after) if after else "",
                limit,
            )
        return [dict(row) for row in rows]

    @routes.get(PATH + "{source:path}/{id}")
    async def fate(request: Request, source: Name, id: Name) -> dict[str, Any]:  # noqa: A002
        """What became of an event: accepted, waiting, applied, refused (why) or set aside (why)."""
        source, id = _named(request)  # noqa: A001
        door.enter(request).check_source(source)
        async with frame.for_request() as connection:
            state, reason = await _fate(connection, source, id)
        return {"source": source, "id": id, "state": state} | ({"reason": reason} if reason else {})

    return routes


def _named(request: Request) -> tuple[str, str]:
    """Source and id as they stand in the path before it is decoded: an encoded slash is part of them."""
    raw: bytes = request.scope["raw_path"]
    source, _, id_ = raw.decode("ascii", "replace").partition(PATH)[2].rpartition("/")
    return _checked("source", unquote(source)), _checked("id", unquote(id_))


def _checked(field: str, value: str) -> str:
    try:
        return checked_text(field, value)
    except Malformed as error:
        raise Problem(422, "Invalid request", f"{error.field}: {error.reason}", field) from None


async def _fate(connection: Connection, source: str, id_: str) -> tuple[str, str | None]:
    refused = await connection.fetchrow(
        "SELECT reason, detail FROM b40.refused WHERE source = $1 AND id = $2", source, id_
    )
    if refused is not None:
        return "refused", f"{refused['reason']}: {refused['detail']}"
    if await inbox.knows(connection, source, id_):
        return "applied", None
    aside = await connection.fetchrow(
        """SELECT state, reason, detail, state <> 'unreadable' AND reason <> ALL($3) AS surely_theirs
           FROM b40.set_aside WHERE source = $1 AND event_id = $2 ORDER BY surely_theirs DESC, "offset" LIMIT 1""",
        source,
        id_,
        CANNOT_BE_TRUSTED,
    )
    came = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM b40.intake WHERE source = $1 AND id = $2)", source, id_
    )
    if aside is not None and (aside["surely_theirs"] or not came):
        waits = aside["state"] in ("waiting", "behind", "released")
        return ("waiting" if waits else "set aside"), f"{aside['reason']}: {aside['detail']}"
    if came:
        return "accepted", None
    raise Problem(404, "Unknown", "no event with this source and id has come", "id")
