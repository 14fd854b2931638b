"""The composition of the app ``solidarity-gifts``."""

from pathlib import Path

from b40_chassis.application import Application
from b40_contracts.catalogue import TOPICS
from b40_contracts.solidarity import GIFTS

from b40_solidarity.gifts import api, operations
from b40_solidarity.gifts.handlers import batches, erasures, gifts, policies, records, withdrawals
from b40_solidarity.gifts.hears import hears
from b40_solidarity.gifts.tasks import tasks
from b40_solidarity.gifts.workers import trees

HANDLERS = (erasures, policies, gifts, withdrawals, batches, records)
WORKERS = (trees,)
"""Importing them registered them."""

application = Application(
    name=GIFTS,
    topics=TOPICS,
    hears=hears,
    migrations=Path(__file__).parent / "migrations",
    tasks=tasks,
    api=api.router,
    operations=operations.router,
)
