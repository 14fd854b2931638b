"""Dead letters about who is erased are closed: nothing is kept of them but where they stood.

Only of sealed topics: persons stand on no others.
"""

from collections.abc import Collection
from uuid import UUID

from b40_chassis import set_aside
from b40_chassis.frame import Frame
from b40_chassis.hears import Connection
from b40_chassis.record import Record


async def erase(frame: Frame, connection: Connection, ids: Collection[UUID]) -> None:
    """Close what was set aside of sealed topics and names one of these ids, however it writes it."""
    if not ids:
        return
    sealed = [name for name, topic in frame.heard.items() if topic.sealed]
    about = [record async for record in set_aside.lock_dead(connection, sealed) if _names(frame, record, ids)]
    await set_aside.forget(connection, about)


def _names(frame: Frame, record: Record, ids: Collection[UUID]) -> bool:
    written = frame.reader.clear(record).lower().replace(b"-", b"")
    return any(id_.hex.encode() in written for id_ in ids)
