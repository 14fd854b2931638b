"""What came sealed is sent at fixed hours: nobody can tell from when a mail comes what happened when."""

from uuid import UUID

from b40_chassis.hears import Due
from b40_chassis.work import Work

from b40_notify.hears import hears
from b40_notify.store import notices
from b40_notify.tasks import SendNotice


@hears.due("sealed notices", notices.held)
async def send_sealed(due: Due, work: Work) -> None:
    """Send what a recipient's hour brings, the same words once. In what order tasks are done, keyed hashes say."""
    for notice in await notices.release(work.connection, UUID(due.subject), due.time):
        work.assign(SendNotice(notice=notice), cause=due)
