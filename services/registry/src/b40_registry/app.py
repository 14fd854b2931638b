"""The registry as one value: its handlers in their order, its states, its tables, its APIs."""

from pathlib import Path

from b40_chassis.application import Application
from b40_contracts.catalogue import TOPICS
from b40_contracts.registry import City, Integrator

from b40_registry import operations
from b40_registry.api import router
from b40_registry.handlers import cities, decisions, groups, integrators, meetings, memberships
from b40_registry.hears import hears
from b40_registry.store import cities as city_store
from b40_registry.store import integrators as integrator_store

HANDLERS = (cities, memberships, groups, meetings, decisions, integrators)
"""Importing them registered them. In a wave cities are described before their memberships are entered."""

application = Application(
    name="registry",
    topics=TOPICS,
    hears=hears,
    migrations=Path(__file__).parent / "migrations",
    states={City: city_store.states, Integrator: integrator_store.states},
    api=router,
    operations=operations.router,
)
