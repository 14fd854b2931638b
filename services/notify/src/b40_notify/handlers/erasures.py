"""Whom solidarity forgets is forgotten here too: who asked, who gave, in whose name somebody gave."""

from typing import Any
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.notify import RecipientErased
from b40_contracts.solidarity import GiftPersonErased, NeedPersonErased

from b40_notify.hears import hears
from b40_notify.store import recipients


@hears.each(NeedPersonErased)
async def forget_who_asked(heard: Heard[NeedPersonErased], work: Work) -> None:
    """The person is told nothing any more."""
    await _forget(heard, work, heard.event.person)


@hears.each(GiftPersonErased)
async def forget_who_gave(heard: Heard[GiftPersonErased], work: Work) -> None:
    """The person is told nothing any more."""
    await _forget(heard, work, heard.event.person)


async def _forget(heard: Heard[Any], work: Work, person: UUID) -> None:
    """Its id is not used again. Whom notify did not know is not named: it would tell that somebody asked or gave."""
    is_known = await recipients.is_known(work.connection, person)
    await recipients.erase(work.connection, person)
    work.erase(person)
    if is_known:
        work.announce(RecipientErased(recipient=person), cause=heard, time=heard.time)
