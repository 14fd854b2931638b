"""Sends digests, and says what became of them."""

from dataclasses import dataclass

from b40_chassis.tasks import Done, Reading
from b40_chassis.work import Work
from b40_contracts.notify import DigestDelivered, DigestFailed

from b40_notify.digest import digest
from b40_notify.mail import Mail
from b40_notify.settings import settings
from b40_notify.store import digests
from b40_notify.store.digests import ToSend
from b40_notify.tasks import SendDigest, tasks
from b40_notify.texts.text import Text
from b40_notify.workers.sending import (
    CONSENT_WITHDRAWN,
    RECIPIENT_GONE,
    Reachable,
    post,
    reach,
    sender,
    unsubscribe_url,
)

DIGEST_LIST = "digest"


@dataclass(frozen=True, slots=True)
class Tried:
    """A digest was sent, or (with a reason) can not be."""

    digest: ToSend
    failure: str | None


@tasks.performs_reading(SendDigest)
async def send_digest(task: SendDigest, reading: Reading) -> Tried | None:
    """Send the digest, unless it was sent meanwhile (None) or the recipient left. A temporary failure raises."""
    async with reading() as connection:
        gathered = await digests.to_send(connection, task.digest)
        if gathered is None:
            return None
        reachable = await reach(connection, gathered.recipient)
    if reachable is None:
        return Tried(gathered, RECIPIENT_GONE)
    wanted = [notice.text for notice in gathered.notices if notice.about in reachable.consent.about]
    if not wanted or not reachable.consent.digest:
        return Tried(gathered, CONSENT_WITHDRAWN)
    return Tried(gathered, await post(_mail(task, gathered, digest(wanted, gathered.day), reachable), settings()))


def _mail(task: SendDigest, gathered: ToSend, text: Text, reachable: Reachable) -> Mail:
    of = settings()
    return Mail(
        id=str(task.digest),
        sender=sender(of, sealed=False),
        to=reachable.address,
        subject_line=text.line,
        paragraphs=text.paragraphs,
        time=gathered.due,
        list_name=DIGEST_LIST,
        unsubscribe_url=unsubscribe_url(gathered.recipient, None, of),
        unsubscribe_address=of.unsubscribe_address,
    )


@tasks.finishes(SendDigest)
async def announce_digest(done: Done[SendDigest, Tried | None], work: Work) -> None:
    """Say what became of the digest; notify itself hears it and marks the digest."""
    if done.result is None:
        return
    gathered, failure = done.result.digest, done.result.failure
    if failure is None:
        delivered = DigestDelivered(
            digest=done.task.digest,
            recipient=gathered.recipient,
            day=gathered.day,
            notices=gathered.count,
            attempted=work.now,
        )
        work.announce(delivered, cause=done, time=work.now)
    else:
        failed = DigestFailed(
            digest=done.task.digest,
            recipient=gathered.recipient,
            day=gathered.day,
            notices=gathered.count,
            attempted=work.now,
            reason=failure,
        )
        work.announce(failed, cause=done, time=work.now)
