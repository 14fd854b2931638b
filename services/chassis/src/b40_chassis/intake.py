"""Intake over HTTPS: CloudEvents in (binary, structured, batch), 202 once durable; and what became of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from b40_contracts.cloudevents import CloudEvent, Malformed, from_http, from_http_batch, is_batch, read
from b40_contracts.event import Event
from fastapi import APIRouter, Request

from b40_chassis import inbox, packing
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection, Heard
from b40_chassis.problems import Problem
from b40_chassis.writing import hand_over

BODY_BYTES_MAX = packing.RECORD_BYTES_MAX
BODY_SECONDS_MAX = 30.0
BATCH_EVENTS_MAX = 1_000

Sent = tuple[str, str]
"""Source and id."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event that may enter: as it will be sent, where to, and its digest."""

    cloud_event: CloudEvent
    topic: str
    digest: bytes


def router(frame: Frame) -> APIRouter:
    """The routes of an app's intake."""
    routes = APIRouter(tags=["intake"])
    taken = {event.type: (event, topic.name) for topic in frame.intakes.values() for event in topic.events}

    @routes.post("/intake", status_code=202)
    async def report(request: Request) -> dict[str, Any]:
        """Report what happened, as CloudEvents 1.0: binary, structured or batch. 202 means that nothing can lose it."""
        accepted = [_check(frame, taken, each, name) for name, each in _events(request, await _body(request))]
        async with frame.for_request() as connection, connection.transaction():
            await _enter(frame, connection, accepted)
        frame.bells.outbox.set()
        return {"accepted": [_receipt(each.cloud_event) for each in accepted]}

    @routes.get("/intake/{source:path}/{id}")
    async def fate(source: str, id: str) -> dict[str, Any]:  # noqa: A002
        """What became of an event: accepted, waiting, applied, refused (why) or set aside (why)."""
        async with frame.for_request() as connection:
            state, reason = await _fate(connection, source, id)
        return {"source": source, "id": id, "state": state} | ({"reason": reason} if reason else {})

    return routes


async def _body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS_MAX):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    raise Problem(413, "Too large", f"a request may have {BODY_BYTES_MAX} bytes at most")
    except TimeoutError:
        detail = f"a request must be here whole within {BODY_SECONDS_MAX:.0f} s: send fewer events at once"
        raise Problem(408, "Too slow", detail) from None
    return bytes(body)


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


def _check(frame: Frame, taken: Mapping[str, tuple[type[Event], str]], cloud_event: CloudEvent, name: str) -> Accepted:
    if cloud_event.type not in taken:
        detail = f"{name}type: this intake takes {', '.join(sorted(taken))}"
        raise Problem(422, "Unknown type", detail, f"{name}type")
    declared, topic = taken[cloud_event.type]
    try:
        event = read(cloud_event, {cloud_event.type: declared})
    except Malformed as error:
        field = name + error.field
        raise Problem(422, "Malformed event", f"{field}: {error.reason}", field) from error
    return Accepted(_complete(cloud_event, event), topic, _digest(frame, cloud_event, event))


def _complete(cloud_event: CloudEvent, event: Event) -> CloudEvent:
    return CloudEvent(
        id=cloud_event.id,
        source=cloud_event.source,
        type=cloud_event.type,
        time=cloud_event.time,
        subject=event.subject,
        data=cloud_event.data,
        datacontenttype=cloud_event.datacontenttype,
        dataschema=cloud_event.dataschema,
        extensions=cloud_event.extensions,
    )


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
    records = [_pack(frame, each) for sent, each in first.items() if sent in new]
    if records:
        await hand_over(frame, connection, records)


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


def _pack(frame: Frame, accepted: Accepted) -> packing.Packed:
    try:
        return frame.packer.pack_event(accepted.topic, accepted.cloud_event)
    except packing.RecordTooLarge as error:
        raise Problem(413, "Too large", f"id {accepted.cloud_event.id!r}: {error}") from error


def _receipt(cloud_event: CloudEvent) -> dict[str, str]:
    source, id_ = cloud_event.source, cloud_event.id
    return {"source": source, "id": id_, "fate": f"/intake/{quote(source, safe='')}/{quote(id_, safe='')}"}


async def _fate(connection: Connection, source: str, id_: str) -> tuple[str, str | None]:
    refused = await connection.fetchrow(
        "SELECT reason, detail FROM b40.refused WHERE source = $1 AND id = $2", source, id_
    )
    if refused is not None:
        return "refused", f"{refused['reason']}: {refused['detail']}"
    if await inbox.knows(connection, source, id_):
        return "applied", None
    aside = await connection.fetchrow(
        'SELECT state, reason, detail FROM b40.set_aside WHERE source = $1 AND event_id = $2 ORDER BY "offset" LIMIT 1',
        source,
        id_,
    )
    if aside is not None:
        waits = aside["state"] in ("waiting", "behind", "released")
        return ("waiting" if waits else "set aside"), f"{aside['reason']}: {aside['detail']}"
    if await connection.fetchval("SELECT EXISTS (SELECT FROM b40.intake WHERE source = $1 AND id = $2)", source, id_):
        return "accepted", None
    raise Problem(404, "Unknown", "no event with this source and id has come", "id")
