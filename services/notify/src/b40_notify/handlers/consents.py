"""Consents, heard again from notify itself: they take effect here and nowhere else."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.notify import ConsentGiven, ConsentWithdrawn, RecipientErased

from b40_notify.hears import hears
from b40_notify.store import consents, recipients


@hears.each(ConsentGiven)
async def follow_what_was_agreed(heard: Heard[ConsentGiven], work: Work) -> None:
    """From now on the recipient hears about these subjects and no others."""
    await consents.give(work.connection, heard.event)


@hears.each(ConsentWithdrawn)
async def stop_telling(heard: Heard[ConsentWithdrawn], work: Work) -> None:
    """From now on the recipient hears nothing about the subject."""
    await consents.withdraw(work.connection, heard.event.recipient, heard.event.about)


@hears.each(RecipientErased)
async def erase_again(heard: Heard[RecipientErased], work: Work) -> None:
    """Erase the recipient, whom a restored database may know again."""
    await recipients.erase(work.connection, heard.event.recipient)
