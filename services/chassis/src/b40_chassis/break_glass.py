"""Break-glass: what a dead letter of a sealed topic says is shown if two people ask for it, and everybody hears of it.

Each signs the same request with a key of its own (Ed25519, RFC 8032): for which app and dead letter, why, and until
when it holds. Both public halves are settings of the app, so that one person alone can have nothing shown.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from b40_contracts.platform import BreakGlassUsed
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, Field

from b40_chassis import set_aside
from b40_chassis.api import Requested, RowNumber
from b40_chassis.hears import Connection
from b40_chassis.problems import Problem
from b40_chassis.record import Record
from b40_chassis.work import Written
from b40_chassis.writing import ring, write

if TYPE_CHECKING:
    from b40_chassis.service import Service

HOLDS_AT_MOST = timedelta(hours=24)


class Signed(BaseModel):
    """That somebody asks for it too."""

    name: str = Field(description="Who, by the name in the app's settings.")
    signature: str = Field(pattern="^[0-9a-f]{128}$", description="Signature of the request, hexadecimal digits.")


class Asked(BaseModel):
    """What two people ask for."""

    reason: str = Field(min_length=10, max_length=500, description="Why. Everybody may read it: no personal data.")
    until: AwareDatetime = Field(description="How long the request holds, 24 hours at most.")
    signed: Annotated[list[Signed], Field(min_length=1, max_length=2)] = Field(description="By two people.")


class Shown(BaseModel):
    """What a dead letter says."""

    clear: str = Field(description="The event in clear, as JSON.")


def message(app: str, number: int, reason: str, until: datetime) -> bytes:
    """What both sign."""
    lines = ("b40-break-glass-1", app, str(number), until.astimezone(UTC).isoformat(timespec="seconds"), reason)
    return "\n".join(lines).encode()


def add(routes: FastAPI, service: "Service") -> None:
    """Add the route."""

    @routes.post("/set-aside/{number}/show")
    async def show(number: RowNumber, asked: Asked) -> Shown:
        """What a dead letter of a sealed topic says, for two people; it is announced that they were shown it."""
        now = datetime.now(UTC)
        signed = message(service.application.name, number, asked.reason, asked.until)
        cause = Requested(f"{service.frame.source}/break-glass", hashlib.sha256(signed).hexdigest(), now)
        _require_two(asked, signed, service.settings.break_glass, now)
        return Shown(clear=await _show(service, number, asked, cause))


def _require_two(asked: Asked, signed: bytes, keys: Mapping[str, str], now: datetime) -> None:
    if not now < asked.until <= now + HOLDS_AT_MOST:
        raise Problem(403, "Not now", "until: the request holds no more, or for more than 24 hours")
    for each in asked.signed:
        if each.name not in keys:
            raise Problem(403, "Unknown", f"signed: {each.name} is not one of those who may ask")
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(keys[each.name])).verify(
                bytes.fromhex(each.signature), signed
            )
        except InvalidSignature:
            raise Problem(403, "Not signed", f"signed: this is not the signature of {each.name}") from None
    if len({each.name for each in asked.signed}) < 2:
        raise Problem(403, "Two are needed", "signed: one person alone is shown nothing")


async def _show(service: "Service", number: int, asked: Asked, cause: Requested) -> str:
    frame, written = service.frame, Written()
    async with frame.for_request() as connection, connection.transaction():
        record = await _sealed(connection, number, [name for name, topic in frame.heard.items() if topic.sealed])
        clear = frame.reader.clear(record)
        if not clear:
            raise Problem(409, "Closed", "it cannot be opened with the keys that the app holds")
        used = BreakGlassUsed(
            app=frame.application.name,
            topic=record.topic,
            number=number,
            reason=asked.reason,
            shown_to=(asked.signed[0].name, asked.signed[1].name),
        )
        frame.work(connection, cause.time, written).announce(used, cause=cause)
        await write(frame, connection, written)
    ring(frame, written)
    return clear.decode(errors="replace")


async def _sealed(connection: Connection, number: int, sealed: Collection[str]) -> Record:
    row = await set_aside.find(connection, number)
    if row is None:
        raise Problem(404, "Unknown", f"nothing set aside has the number {number}")
    if row["state"] == "forgotten":
        raise Problem(410, "Forgotten", "who it was about is erased, and what it said with it")
    if row["topic"] not in sealed:
        raise Problem(409, "Not sealed", "it is not sealed: it can be shown without this")
    return set_aside.stored_record(row)
