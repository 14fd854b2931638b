"""Digests: once a day, what a recipient was to be told that day is gathered and sent."""

from uuid import UUID

from b40_chassis.hears import Due
from b40_chassis.work import Work

from b40_notify.hears import hears
from b40_notify.store import digests
from b40_notify.tasks import SendDigest


@hears.due("digest", digests.due)
async def gather_digest(due: Due, work: Work) -> None:
    """Gather the recipient's notices that are due into one digest, and send it unless it was sent before."""
    id_ = work.identity.announcement(due, "digest", due.subject, 0, sealed=False)
    if await digests.gather(work.connection, id_, UUID(due.subject), due.time):
        work.assign(SendDigest(digest=id_), cause=due)
