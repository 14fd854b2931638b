"""Intake over HTTPS: CloudEvents in (binary, structured, batch), by whom may report them; 202 once durable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from b40_contracts.cloudevents import CloudEvent, Malformed, from_http, from_http_batch, is_batch, read
from b40_contracts.cloudevents.http import BATCH_CONTENT_TYPE
from b40_contracts.cloudevents.structured import STRUCTURED_CONTENT_TYPE
from b40_contracts.event import Event
from fastapi import APIRouter, Request

from b40_chassis import authenticity, inbox, packing, tracing
from b40_chassis.door import Door, Visitor
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection, Heard
from b40_chassis.problems import Problem
from b40_chassis.writing import hand_over

BATCH_EVENTS_MAX = 1_000

WRITES_SOMETHING = "SELECT pg_logical_emit_message(true, 'b40', '')"
"""Has this transaction's end wait until all before it is as durable as its own: a commit may have been given up while
it waited (for a replica that is away), and what it wrote is seen here nevertheless."""
_EVENT = {"type": "object", "required": ["specversion", "id", "source", "type"]}
_BODY: dict[str, Any] = {
    "required": True,
    "description": "An event, or in binary mode its data; its JSON Schema has the name of its type.",
    "content": {
        "application/json": {"schema": {"type": "object"}},
        STRUCTURED_CONTENT_TYPE: {"schema": _EVENT},
        BATCH_CONTENT_TYPE: {"schema": {"type": "array", "items": _EVENT}},
    },
}

Sent = tuple[str, str]
"""Source and id."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that may enter: as it will be sent, where to, and its digest."""

    cloud_event: CloudEvent
    topic: str
    digest: bytes


def router(frame: Frame, door: Door) -> APIRouter:
    """The route by which events come in."""
    routes = APIRouter(tags=["intake"])
    taken = {event.type: (event, topic.name) for topic in frame.intakes.values() for event in topic.events}

    @routes.post("/intake", status_code=202, openapi_extra={"requestBody": _BODY})
    async def report(request: Request) -> dict[str, Any]:
        """Report what happened, as CloudEvents 1.0: binary, structured or batch. 202 means that nothing can lose it."""
        visitor = door.enter(request)
        events = _events(request, await request.body())
        visitor.brings(len(events))
        accepted = [_check(frame, taken, visitor, each, name) for name, each in events]
        reported = [each for each in accepted if each.topic in frame.open_intakes]
        async with frame.for_request() as connection, connection.transaction():
            with tracing.transaction("take a report", _traceparents(reported), told=bool(reported)):
                await _enter(frame, connection, accepted)
        frame.bells.outbox.set()
        return {"accepted": [_receipt(each.cloud_event) for each in accepted]}

    return routes


def _events(request: Request, body: bytes) -> list[tuple[str, CloudEvent]]:
    headers = request.headers.items()
    try:
        if not is_batch(headers):
            return [("", from_http(headers, body))]
        events = from_http_batch(headers, body)
    except Malformed as error:
        raise Problem(400, "Not a CloudEvent", f"{error.field}: {error.reason}", error.field) from error
    if len(events) > BATCH_EVENTS_MAX:
        raise Problem(413, "Too large", f"a batch may have {BATCH_EVENTS_MAX} events at most")
    return [(f"[{index}].", event) for index, event in enumerate(events)]


def _check(
    frame: Frame, taken: Mapping[str, tuple[type[Event], str]], visitor: Visitor, cloud_event: CloudEvent, name: str
) -> Accepted:
    visitor.check_source(cloud_event.source, f"{name}source")
    if cloud_event.type not in taken:
        detail = f"{name}type: this intake takes {', '.join(sorted(taken))}"
        raise Problem(422, "Unknown type", detail, f"{name}type")
    declared, topic = taken[cloud_event.type]
    try:
        event = read(cloud_event, {cloud_event.type: declared})
    except Malformed as error:
        field = name + error.field
        raise Problem(422, "Malformed event", f"{field}: {error.reason}", field) from error
    visitor.check_report(name, cloud_event, event)
    return Accepted(_complete(frame, topic, cloud_event, event), topic, _digest(frame, cloud_event, event))


def _complete(frame: Frame, topic: str, cloud_event: CloudEvent, event: Event) -> CloudEvent:
    """The event with its subject and, where others may write on the topic, the proof that it came through this door."""
    whole = replace(cloud_event, subject=event.subject)
    if topic not in frame.open_intakes:
        return whole
    proof = {authenticity.ACCEPTED: authenticity.accepted(frame.secret, topic, whole, datetime.now(UTC))}
    return replace(whole, extensions={**whole.extensions, **proof})


def _digest(frame: Frame, cloud_event: CloudEvent, event: Event) -> bytes:
    nowhere = Heard(
        event=event,
        id=cloud_event.id,
        source=cloud_event.source,
        time=cloud_event.time or inbox.EPOCH,
        appended=inbox.EPOCH,
        topic="",
        partition=0,
        offset=0,
        key=event.subject,
    )
    data = cloud_event.data or b"{}"
    return inbox.entry(nowhere, data, frame.secret, canonical=True, versioned=frame.versioned).digest


async def _enter(frame: Frame, connection: Connection, accepted: Sequence[Accepted]) -> None:
    """Enter what is new, each id once, and give it to the relay. Raises Problem for an id with other content."""
    first: dict[Sent, Accepted] = {}
    for each in accepted:
        first.setdefault(_sent(each), each)
    new = await _insert(connection, first)
    known = {sent: each.digest for sent, each in first.items() if sent in new}
    known |= await _known_digests(connection, [sent for sent in first if sent not in new])
    for each in accepted:
        if not inbox.same(known[_sent(each)], each.digest):
            id_ = each.cloud_event.id
            raise Problem(409, "Id reused", f"id: {id_} was used before by this source with other content", "id")
    traceparent = tracing.current()
    records = [_pack(frame, each, traceparent) for sent, each in first.items() if sent in new]
    if records:
        await hand_over(frame, connection, records)
    else:
        await connection.execute(WRITES_SOMETHING)


async def _insert(connection: Connection, first: Mapping[Sent, Accepted]) -> set[Sent]:
    """Enter those that are new, in an order that two requests share. Returns which these are."""
    ordered = sorted(first)
    rows = await connection.fetch(
        """INSERT INTO b40.intake (source, id, digest) SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[])
           ON CONFLICT (source, id) DO NOTHING RETURNING source, id""",
        [source for source, _ in ordered],
        [id_ for _, id_ in ordered],
        [first[each].digest for each in ordered],
    )
    return {(row["source"], row["id"]) for row in rows}


async def _known_digests(connection: Connection, sent: Sequence[Sent]) -> dict[Sent, bytes]:
    if not sent:
        return {}
    rows = await connection.fetch(
        """SELECT source, id, digest FROM b40.intake
           JOIN unnest($1::text[], $2::text[]) AS wanted (source, id) USING (source, id)""",
        [source for source, _ in sent],
        [id_ for _, id_ in sent],
    )
    return {(row["source"], row["id"]): row["digest"] for row in rows}


def _sent(accepted: Accepted) -> Sent:
    return accepted.cloud_event.source, accepted.cloud_event.id


def _traceparents(reported: Sequence[Accepted]) -> list[str]:
    found = (each.cloud_event.extensions.get("traceparent") for each in reported)
    return [traceparent for traceparent in found if traceparent is not None]


def _pack(frame: Frame, accepted: Accepted, traceparent: str | None) -> packing.Packed:
    cloud_event = accepted.cloud_event
    if traceparent is not None and accepted.topic in frame.open_intakes:
        cloud_event = replace(cloud_event, extensions={**cloud_event.extensions, "traceparent": traceparent})
    try:
        return frame.packer.pack_event(accepted.topic, cloud_event)
    except packing.RecordTooLarge as error:
        raise Problem(413, "Too large", f"id {accepted.cloud_event.id!r}: {error}") from error


def _receipt(cloud_event: CloudEvent) -> dict[str, str]:
    source, id_ = cloud_event.source, cloud_event.id
    return {"source": source, "id": id_, "fate": f"/intake/{quote(source, safe='')}/{quote(id_, safe='')}"}
