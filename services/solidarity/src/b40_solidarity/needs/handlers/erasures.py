"""Persons are forgotten: announced, and forgotten when that is heard back, by a restored database before all else."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import NeedClosed, NeedErasureReported, NeedPersonErased

from b40_solidarity import pseudonyms
from b40_solidarity.hours import whole_hour
from b40_solidarity.needs.handlers.withdrawing import withdraw
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import attestations, erasures, needs


@hears.each(NeedErasureReported)
async def end_needs(heard: Heard[NeedErasureReported], work: Work) -> None:
    """What is open is met no more; what is ordered goes on, but is not opened again; nothing more is opened."""
    subject = work.identity.new(pseudonyms.subject(heard.event.person), 0)
    for need in await needs.lock_of_subject(work.connection, subject):
        if need.state == "ordered":
            await needs.withdraw_if_rejected(work.connection, need.id)
        elif need.state == "open":
            await withdraw([need], work)
            work.announce(NeedClosed(need=need.working), cause=heard, time=whole_hour(heard.time))
    await attestations.end(work.connection, subject)
    work.erase(heard.event.person)
    erased = NeedPersonErased(person=heard.event.person, reported_at=heard.appended)
    work.announce(erased, cause=heard, time=whole_hour(heard.time))


@hears.each(NeedPersonErased)
async def forget_person(heard: Heard[NeedPersonErased], work: Work) -> None:
    """Whose its attestations and its leaves are can be told no more."""
    subject = work.identity.new(pseudonyms.subject(heard.event.person), 0)
    await erasures.enter(work.connection, subject, heard.event.reported_at)
    await attestations.forget(work.connection, subject)
    work.erase(heard.event.person)
