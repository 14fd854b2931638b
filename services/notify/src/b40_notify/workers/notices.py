"""Sends notices, and says what became of them."""

from dataclasses import dataclass
from datetime import datetime

from b40_chassis.tasks import Done, Reading
from b40_chassis.work import Work
from b40_contracts.notify import NoticeDelivered, NoticeFailed, Subject

from b40_notify.mail import Mail
from b40_notify.settings import settings
from b40_notify.store import notices
from b40_notify.store.notices import E_MAIL, ToSend
from b40_notify.tasks import SendNotice, tasks
from b40_notify.workers.sending import (
    CONSENT_WITHDRAWN,
    RECIPIENT_GONE,
    Reachable,
    post,
    reach,
    sender,
    unsubscribe_url,
)

NEUTRAL_LIST = "messages"


@dataclass(frozen=True, slots=True)
class Tried:
    """A notice was sent, or (with a reason) can not be."""

    notice: ToSend
    failure: str | None


@tasks.performs_reading(SendNotice)
async def send_notice(task: SendNotice, reading: Reading) -> Tried | None:
    """Send the notice, unless it was sent meanwhile (None) or the recipient left. A temporary failure raises."""
    async with reading() as connection:
        notice = await notices.to_send(connection, task.notice)
        if notice is None:
            return None
        reachable = await reach(connection, notice.recipient)
    if reachable is None:
        return Tried(notice, RECIPIENT_GONE)
    if notice.about not in reachable.consent.about:
        return Tried(notice, CONSENT_WITHDRAWN)
    return Tried(notice, await post(_mail(task, notice, reachable), settings()))


def _mail(task: SendNotice, notice: ToSend, reachable: Reachable) -> Mail:
    of = settings()
    return Mail(
        id=str(task.notice),
        sender=sender(of, sealed=notice.sealed),
        to=reachable.address,
        subject_line=notice.line,
        paragraphs=notice.paragraphs,
        time=notice.time,
        list_name=NEUTRAL_LIST if notice.sealed else notice.about,
        unsubscribe_url=unsubscribe_url(notice.recipient, Subject(notice.about), of),
        unsubscribe_address=of.unsubscribe_address,
    )


@tasks.finishes(SendNotice)
async def announce_delivery(done: Done[SendNotice, Tried | None], work: Work) -> None:
    """Say what became of the notice; notify itself hears it and marks the notice."""
    if done.result is None:
        return
    notice, failure = done.result.notice, done.result.failure
    attempted = _day_of(work.now) if notice.sealed else work.now
    recipient = None if notice.sealed else notice.recipient
    if failure is None:
        delivered = NoticeDelivered(
            notice=done.task.notice, recipient=recipient, about=notice.about, channel=E_MAIL, attempted=attempted
        )
        work.announce(delivered, cause=done, time=attempted)
    else:
        failed = NoticeFailed(
            notice=done.task.notice,
            recipient=recipient,
            about=notice.about,
            channel=E_MAIL,
            attempted=attempted,
            reason=failure,
        )
        work.announce(failed, cause=done, time=attempted)


def _day_of(time: datetime) -> datetime:
    return time.replace(hour=0, minute=0, second=0, microsecond=0)
