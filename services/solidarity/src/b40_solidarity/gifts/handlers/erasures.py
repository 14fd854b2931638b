"""Persons are forgotten: announced, and forgotten when that is heard back, by a restored database before all else."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import GiftErasureReported, GiftPersonErased

from b40_solidarity import pseudonyms
from b40_solidarity.gifts.hears import hears
from b40_solidarity.gifts.store import erasures, gifts
from b40_solidarity.hours import whole_hour


@hears.each(GiftErasureReported)
async def announce_erasure(heard: Heard[GiftErasureReported], work: Work) -> None:
    """The gifts stay, and are spent as others are."""
    work.erase(heard.event.person)
    work.announce(GiftPersonErased(person=heard.event.person), cause=heard, time=whole_hour(heard.time))


@hears.each(GiftPersonErased)
async def forget_person(heard: Heard[GiftPersonErased], work: Work) -> None:
    """Whose its gifts and its leaves are, and in whose name they were given, can be told no more."""
    person = heard.event.person
    subject = work.identity.new(pseudonyms.subject(person), 0)
    await erasures.enter(work.connection, subject)
    await gifts.forget_giver(work.connection, subject)
    await gifts.forget_honoured(work.connection, person)
    work.erase(person)
