"""What cities' desks report of recipients: announced as consents, which take effect when they are heard."""

from typing import Any
from uuid import UUID

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.notify import (
    ConsentGiven,
    ConsentWithdrawn,
    ErasureRequested,
    PreferenceReported,
    RecipientErased,
    WithdrawalReported,
)

from b40_notify.hears import hears
from b40_notify.store import recipients


@hears.each(PreferenceReported)
async def announce_what_was_chosen(heard: Heard[PreferenceReported], work: Work) -> None:
    """The recipient chose anew what it wants to be told, and how."""
    chosen = heard.event
    if await _is_recipient(heard, work, chosen.recipient):
        work.announce(
            ConsentGiven(
                recipient=chosen.recipient,
                about=tuple(sorted(set(chosen.about))),
                immediate=chosen.immediate,
                digest=chosen.digest,
            ),
            cause=heard,
        )


@hears.each(WithdrawalReported)
async def announce_withdrawal(heard: Heard[WithdrawalReported], work: Work) -> None:
    """The recipient no longer agrees to a subject, or to any."""
    withdrawn = heard.event
    if await _is_recipient(heard, work, withdrawn.recipient):
        work.announce(ConsentWithdrawn(recipient=withdrawn.recipient, about=withdrawn.about), cause=heard)


@hears.each(ErasureRequested)
async def erase(heard: Heard[ErasureRequested], work: Work) -> None:
    """Forget the recipient at once, and say so."""
    recipient = heard.event.recipient
    if await _is_recipient(heard, work, recipient):
        await recipients.erase(work.connection, recipient)
        work.announce(RecipientErased(recipient=recipient), cause=heard)


async def _is_recipient(heard: Heard[Any], work: Work, id_: UUID) -> bool:
    if await recipients.is_erased(work.connection, id_):
        work.refuse(heard, "recipient-erased", "recipient: was erased; its id is not used again")
        return False
    if not await recipients.is_known(work.connection, id_):
        work.refuse(heard, "unknown-recipient", "recipient: nobody of that id was entered")
        return False
    return True
