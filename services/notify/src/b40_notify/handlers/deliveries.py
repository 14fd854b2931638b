"""Deliveries, heard again from notify itself before anything else: what was sent is not sent again."""

from collections.abc import Sequence

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.notify import DigestDelivered, DigestFailed, NoticeDelivered, NoticeFailed

from b40_notify.hears import hears
from b40_notify.store import digests, notices


@hears.batch(NoticeDelivered)
async def mark_notices_sent(heard: Sequence[Heard[NoticeDelivered]], work: Work) -> None:
    """The notices were sent, also those that are not known (yet)."""
    await notices.delivered(work.connection, [each.event for each in heard])


@hears.batch(NoticeFailed)
async def mark_notices_failed(heard: Sequence[Heard[NoticeFailed]], work: Work) -> None:
    """The notices can not be delivered."""
    await notices.failed(work.connection, [each.event for each in heard])


@hears.each(DigestDelivered)
async def mark_digest_sent(heard: Heard[DigestDelivered], work: Work) -> None:
    """The digest was sent, also one that is not known (yet)."""
    await digests.delivered(work.connection, heard.event)


@hears.each(DigestFailed)
async def mark_digest_failed(heard: Heard[DigestFailed], work: Work) -> None:
    """The digest can not be delivered."""
    await digests.failed(work.connection, heard.event)
