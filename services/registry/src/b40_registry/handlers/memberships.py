"""Entries come into the membership ledger, and begin on their day."""

from datetime import date

from b40_chassis.hears import Due, Heard
from b40_chassis.work import Work
from b40_contracts.registry import CITIES, City, LedgerEntry, MembershipReported

from b40_registry import membership, times
from b40_registry.hears import hears
from b40_registry.parts import shared
from b40_registry.store import cities as store


@hears.each(MembershipReported)
async def enter_in_the_ledger(heard: Heard[MembershipReported], work: Work) -> None:
    """What has begun is announced at once, the rest on its day."""
    report = heard.event
    zone = await store.lock(work.connection, report.city)
    if zone is None:
        await work.wait_for(heard, CITIES, report.city)
        return
    ledger, entry = await store.ledger(work.connection, report.city), LedgerEntry(**shared(LedgerEntry, report))
    if membership.is_entered(ledger, entry):
        return
    objection = membership.objection(ledger, entry)
    if objection is not None:
        work.refuse(heard, objection.reason, objection.detail)
        return
    await store.add_entry(work.connection, report.city, entry)
    begins = times.begin_of(entry.on, zone)
    if begins <= work.now:
        work.announce(membership.fact(report.city, entry), cause=heard, time=begins)
    else:
        await store.begin_later(work.connection, report.city, entry, begins)
    work.state_changed(City, report.city, cause=heard)


@hears.due("membership begins", store.beginning)
async def begin_what_the_ledger_says(due: Due, work: Work) -> None:
    """All entries of a city's day begin together, in their order."""
    city, _, day = due.subject.partition("/")
    for entry in await store.begin(work.connection, city, date.fromisoformat(day)):
        work.announce(membership.fact(city, entry), cause=due)
    work.state_changed(City, city, cause=due)
