"""The composition of the app ``solidarity-matcher``."""

from pathlib import Path

from b40_chassis.application import Application
from b40_contracts.catalogue import TOPICS
from b40_contracts.solidarity import MATCHER

from b40_solidarity.matcher import api, operations
from b40_solidarity.matcher.handlers import batches, gifts, needs, policies, records, refunds, settlements, statistics
from b40_solidarity.matcher.hears import hears

HANDLERS = (policies, batches, refunds, records, statistics, needs, gifts, settlements)
"""Importing them registered them."""

application = Application(
    name=MATCHER,
    topics=TOPICS,
    hears=hears,
    migrations=Path(__file__).parent / "migrations",
    api=api.router,
    operations=operations.router,
)
