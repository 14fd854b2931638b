"""The operations port: health, metrics, positions, what is set aside, and its repair. Never open to the public."""

from typing import TYPE_CHECKING, Any, Literal

import prometheus_client
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel, Field

from b40_chassis import (
    bounds,
    break_glass,
    integrators,
    lost_intake,
    outbox,
    republishing,
    rewinding,
    set_aside,
    status,
    stopped,
)
from b40_chassis.api import RowNumber
from b40_chassis.problems import Problem
from b40_chassis.releasing import NotOpen

if TYPE_CHECKING:
    from b40_chassis.service import Service

LISTED_MAX = 1_000
ANSWER_SECONDS_MAX = 2
HEALTH = ("/live", "/ready", "/metrics")


State = Literal["unreadable", "failed", "waiting", "behind", "released", "discarded", "forgotten"]


class Discarded(BaseModel):
    """Why a dead letter is given up."""

    reason: str = Field(min_length=1, max_length=1_000, pattern=r"^[^\x00]*$", description="Why, for the record.")


def api(service: "Service") -> FastAPI:
    """The operations API of one running app."""

    async def started(request: Request) -> None:
        if request.url.path not in HEALTH and not hasattr(service, "frame"):
            raise Problem(503, "Not ready", "the app waits for its database")

    routes = bounds.api(f"{service.application.name}: operations", [Depends(started)])
    routes.state.service = service
    _add_health(routes, service)
    _add_state(routes, service)
    stopped.add(routes, service)
    rewinding.add(routes, service)
    republishing.add(routes, service)
    lost_intake.add(routes, service)
    integrators.add(routes, service)
    _add_dead_letters(routes, service)
    break_glass.add(routes, service)
    _add_unsendable(routes, service)
    routes.include_router(service.application.operations)
    return routes


def _add_health(routes: FastAPI, service: "Service") -> None:
    @routes.get("/live")
    async def live() -> JSONResponse:
        """The process does its work, or waits for what it needs; if not, or without an answer, start it again."""
        answer = {"app": service.application.name}
        if service.died.done():
            return JSONResponse(answer | {"reason": service.died.result()}, status_code=503)
        return JSONResponse(answer)

    @routes.get("/ready")
    async def ready() -> JSONResponse:
        """The subscribers have joined their groups, *first* has caught up, and the database answers."""
        answer = service.ready and await _database_answers(service)
        return JSONResponse({"ready": answer}, status_code=200 if answer else 503)

    @routes.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> Response:
        """Metrics in Prometheus' text format, with how the app stands at this moment."""
        await status.observe(service)
        return Response(prometheus_client.generate_latest(), media_type=prometheus_client.CONTENT_TYPE_LATEST)


def _add_state(routes: FastAPI, service: "Service") -> None:
    @routes.get("/status")
    async def shown() -> dict[str, Any]:
        """What is on its way and what is wrong, in one look (one snapshot of the database)."""
        _require_ready(service)
        return await service.status()

    @routes.get("/lag")
    async def lag() -> dict[str, int]:
        """Records that stand in the logs and were not taken yet, by topic."""
        _require_ready(service)
        return await status.lag(service)


def _require_ready(service: "Service") -> None:
    if not service.ready:
        raise Problem(503, "Not ready", "the app is still starting")


def _add_dead_letters(routes: FastAPI, service: "Service") -> None:
    @routes.get("/set-aside")
    async def listed(state: State | None = None) -> list[dict[str, Any]]:
        """What is set aside, without its content."""
        rows = await service.frame.pool.fetch(
            """SELECT id, topic, partition, "offset", appended, state, reason, detail, source, event_id, expires
               FROM b40.set_aside WHERE ($1::text IS NULL OR state = $1) ORDER BY id LIMIT $2""",
            state,
            LISTED_MAX,
        )
        return [dict(row) for row in rows]

    @routes.get("/set-aside/{number}")
    async def shown(number: RowNumber) -> dict[str, Any]:
        """One of them whole; bytes that are not text are shown in hexadecimal."""
        row = await service.frame.pool.fetchrow("SELECT * FROM b40.set_aside WHERE id = $1", number)
        if row is None:
            raise Problem(404, "Unknown", f"nothing set aside has the number {number}")
        record = set_aside.stored_record(row)
        headers = [[name, _text(value)] for name, value in record.headers]
        hidden = ("header_names", "header_values")
        shown = {name: value for name, value in row.items() if name not in hidden}
        return shown | {"key": _text(record.key), "value": _text(record.value), "headers": headers}

    @routes.post("/set-aside/{number}/replay")
    async def replay(number: RowNumber) -> dict[str, Any]:
        """Handle its stored bytes again, in this service."""
        try:
            return {"id": number, "result": await service.releaser.replay(number)}
        except NotOpen as error:
            raise Problem(409, "Not open", str(error)) from error

    @routes.post("/set-aside/{number}/discard")
    async def discard(number: RowNumber, why: Discarded) -> dict[str, Any]:
        """Give it up, with a reason that is kept."""
        try:
            await service.releaser.discard(number, why.reason)
        except NotOpen as error:
            raise Problem(409, "Not open", str(error)) from error
        return {"id": number, "result": "discarded"}


def _add_unsendable(routes: FastAPI, service: "Service") -> None:
    @routes.get("/unsendable")
    async def listed() -> list[dict[str, Any]]:
        """Records that Kafka refused, without their content; later ones of their topics went on."""
        rows = await service.frame.pool.fetch(
            "SELECT id, topic, reason, since FROM b40.unsendable ORDER BY id LIMIT $1", LISTED_MAX
        )
        return [dict(row) for row in rows]

    @routes.post("/unsendable/send-again")
    async def send_again() -> dict[str, int]:
        """Give them back to the relay, in order, when what was wrong is mended (a right, a topic, a limit)."""
        async with service.frame.pool.acquire() as connection, connection.transaction():
            sent = await outbox.send_again(connection)
        service.frame.bells.outbox.set()
        return {"sent": sent}


async def _database_answers(service: "Service") -> bool:
    try:
        return bool(await service.frame.pool.fetchval("SELECT true", timeout=ANSWER_SECONDS_MAX))
    except Exception:  # whatever the reason, it tells that the database did not answer
        return False


def _text(raw: bytes | None) -> str | None:
    if raw is None:
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return f"hexadecimal {raw.hex()}"
