"""The calendar is changed here; decisions of the network are entered with the day by which they are due."""

from b40_chassis.hears import Cause, Heard
from b40_chassis.work import Work
from b40_contracts.events import CalendarEntry
from b40_contracts.registry import DecisionTaken

from b40_events.entries import Entry, of_decision
from b40_events.hears import hears
from b40_events.store import calendar as store


async def enter(work: Work, cause: Cause, entry: Entry) -> None:
    """Put an entry into the calendar; its sequence rises if it was known and differs."""
    if await store.put(work.connection, entry, cause.time):
        work.state_changed(CalendarEntry, entry.entry, cause=cause)


async def cancel(work: Work, cause: Cause, entry: str) -> None:
    """Cancel an entry; it stays, so that subscribers see it go."""
    if await store.cancel(work.connection, entry, cause.time):
        work.state_changed(CalendarEntry, entry, cause=cause)


@hears.each(DecisionTaken)
async def enter_decision(heard: Heard[DecisionTaken], work: Work) -> None:
    """The day by which a decision is to be carried out stands in the calendar."""
    entry = of_decision(heard.event)
    if entry is not None:
        await enter(work, heard, entry)
