"""The registry as one value: its handlers in their order, its state, its tables, its read API."""

from pathlib import Path

from b40_chassis.application import Application
from b40_contracts.catalogue import TOPICS
from b40_contracts.registry import City

from b40_registry.api import router
from b40_registry.handlers import cities, decisions, groups, meetings, memberships
from b40_registry.hears import hears
from b40_registry.store.cities import states

HANDLERS = (cities, memberships, groups, meetings, decisions)
"""Importing them registered them. In a wave cities are described before their memberships are entered."""

application = Application(
    name="registry",
    topics=TOPICS,
    hears=hears,
    migrations=Path(__file__).parent / "migrations",
    states={City: states},
    api=router,
)
