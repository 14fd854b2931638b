"""Events as one value: its handlers in their order, its state, its tasks, its tables, its read API."""

from pathlib import Path

from b40_chassis.application import Application
from b40_contracts.catalogue import TOPICS
from b40_contracts.events import CalendarEntry

from b40_events.api import router
from b40_events.handlers import allocations, calendar, cities, dates, deadlines, fairs, gates, stops, tours
from b40_events.hears import hears
from b40_events.store.calendar import states
from b40_events.workers.dates import tasks

HANDLERS = (cities, tours, stops, gates, dates, fairs, allocations, deadlines, calendar)
"""Importing them registered them."""

application = Application(
    name="events",
    topics=TOPICS,
    hears=hears,
    migrations=Path(__file__).parent / "migrations",
    states={CalendarEntry: states},
    tasks=tasks,
    api=router,
)
