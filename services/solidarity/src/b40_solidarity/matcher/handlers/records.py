"""The public record of a week, and the statistics that go with it."""

from b40_chassis import decisions
from b40_chassis.hears import Due, Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import RecordPublished, StatisticsPublished

from b40_solidarity import records as rules
from b40_solidarity.hours import WEEK
from b40_solidarity.matcher.hears import hears
from b40_solidarity.matcher.store import batches
from b40_solidarity.matcher.store import records as store

KIND = "record"


@hears.due("end of week", store.due)
async def propose_record(due: Due, work: Work) -> None:
    """Publish what became final since the last record, if it is enough; else it goes into a later one."""
    currency = due.subject
    await store.set_next_due(work.connection, currency, due.time + WEEK)
    last = await store.last(work.connection, currency)
    final = await batches.final_between(work.connection, currency, last.due, due.time)
    if not rules.is_enough(final):
        return
    number = await decisions.next_number(work.connection, KIND, currency, due.time)
    if number is None:
        return
    record = rules.publish(currency, number, due.time, final, last.digest)
    await store.propose(work.connection, record)
    work.announce(record, cause=due, time=due.time)


@hears.each(RecordPublished)
async def publish_record(heard: Heard[RecordPublished], work: Work) -> None:
    """A record read back counts if it is the currency's next; the statistics say what it says, coarsely."""
    record = heard.event
    if not await decisions.counts(work.connection, KIND, record.currency, record.number, record.due):
        await store.forget_proposed(work.connection, record.currency)
        return
    await store.publish(work.connection, record)
    statistics = StatisticsPublished(
        currency=record.currency,
        week=record.week,
        needs_settled=record.needs_settled,
        settled_minor=record.settled_minor,
    )
    work.announce(statistics, cause=heard, time=record.due)
