"""What an app's public routes may ask for: a connection to read with, or a transaction to write in.

@router.get("/cities/{code}")
async def city(code: str, read: Read) -> City: ...

@router.put("/recipients/{id}")
async def enter(id: UUID, recipient: Recipient, write: Write, visitor: Known) -> None: ...
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path, Request

from b40_chassis.door import Visitor
from b40_chassis.hears import Connection
from b40_chassis.work import Work


@dataclass(frozen=True, slots=True)
class Requested:
    """A request as a cause: its ``id`` is the Idempotency-Key that the caller gave, or a digest of the request."""

    source: str
    id: str
    time: datetime


@dataclass(slots=True)
class Writing:
    """One transaction for one request. Effects and announcements are committed when the route returns."""

    work: Work
    cause: Requested


async def _read(request: Request) -> AsyncIterator[Connection]:
    async with request.app.state.service.reading() as connection:
        yield connection


async def _write(request: Request) -> AsyncIterator[Writing]:
    async with request.app.state.service.writing(request) as writing:
        yield writing


async def _enter(request: Request) -> Visitor:
    visitor: Visitor = request.app.state.door.enter(request)
    return visitor


TopicName = Annotated[str, Path(pattern="^[a-z0-9-]+$", max_length=200, description="Name of a topic.")]
PartitionNumber = Annotated[int, Path(ge=0, lt=2**31, description="Number of a partition.")]
RowNumber = Annotated[int, Path(ge=0, lt=2**63, description="Number in the list.")]
"""Names in the paths of operations; what is beyond them would fail in the database."""

Read = Annotated[Connection, Depends(_read, scope="function")]
"""A connection in a read-only transaction."""

Write = Annotated[Writing, Depends(_write, scope="function")]
"""A transaction with ``work`` and its ``cause``; committed before the response is sent."""

Known = Annotated[Visitor, Depends(_enter)]
"""Who asks, let in by the door of the intake: strangers only where they are allowed, and nobody too fast."""
