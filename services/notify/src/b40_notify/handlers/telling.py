"""From an event to notices: who is told, in which words, when. Used by every handler that tells people something."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.notify import Subject
from b40_contracts.registry import CITIES

from b40_notify.hours import next_due
from b40_notify.settings import settings
from b40_notify.store import cities as city_store
from b40_notify.store import consents, notices
from b40_notify.store.consents import Listener
from b40_notify.store.notices import E_MAIL, Notice
from b40_notify.tasks import SendNotice
from b40_notify.texts.text import E, Reader, Text, UnknownCity, Writes


async def tell_all(heard: Heard[E], work: Work, about: Subject, writes: Writes[E]) -> None:
    """Tell everybody who agreed to be told about a subject."""
    await _tell(heard, work, about, writes, await consents.audience(work.connection, about, None))


async def tell_cities(heard: Heard[E], work: Work, about: Subject, writes: Writes[E], *cities: str) -> None:
    """Tell those of these cities who agreed to be told about a subject, and those who hear of every city."""
    await _tell(heard, work, about, writes, await consents.audience(work.connection, about, cities))


async def tell_sealed(heard: Heard[E], work: Work, about: Subject, writes: Writes[E], *recipients: UUID) -> None:
    """Tell these recipients alone what came sealed: at a fixed hour, never in a digest, under a neutral sender."""
    await _tell(heard, work, about, writes, await consents.named(work.connection, about, recipients), sealed=True)


async def _tell(
    heard: Heard[E],
    work: Work,
    about: Subject,
    writes: Writes[E],
    listeners: Sequence[Listener],
    *,
    sealed: bool = False,
) -> None:
    if not listeners:
        return
    names = await city_store.names(work.connection)
    try:
        texts = {
            language: writes(heard.event, Reader(language, names))
            for language in {listener.language for listener in listeners}
        }
    except UnknownCity as unknown:
        await work.wait_for(heard, CITIES, unknown.code)
        return
    entered = [_notice(heard, work, about, texts[listener.language], listener, sealed) for listener in listeners]
    for notice in await notices.enter(work.connection, entered):
        work.assign(SendNotice(notice=notice), cause=heard)


def _notice(heard: Heard[E], work: Work, about: Subject, text: Text, listener: Listener, sealed: bool) -> Notice:
    return Notice(
        id=work.identity.announcement(heard, f"notice by {E_MAIL}", str(listener.recipient), 0, sealed=sealed),
        about=about,
        channel=E_MAIL,
        recipient=listener.recipient,
        source=heard.source,
        event_id=heard.id,
        sealed=sealed,
        line=text.line,
        paragraphs=text.paragraphs,
        told_at=work.now,
        immediate=listener.immediate,
        send_due=next_due(work.now, settings().sealed_hours, listener.timezone) if sealed else None,
        digest_due=_digest_due(work.now, listener) if listener.digest and not sealed else None,
    )


def _digest_due(now: datetime, listener: Listener) -> datetime:
    """The next digest after ``now`` that was not gathered yet: what was held up stands in a later one."""
    after = max(now, listener.last_digest) if listener.last_digest else now
    return next_due(after, (settings().digest_hour,), listener.timezone)
