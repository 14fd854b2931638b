"""The composition of the app ``solidarity-needs``."""

from pathlib import Path

from b40_chassis.application import Application
from b40_contracts.catalogue import TOPICS
from b40_contracts.solidarity import NEEDS, Biller, Policy

from b40_solidarity.needs import api, metrics, operations
from b40_solidarity.needs.handlers import (
    answers,
    attestations,
    batches,
    billers,
    bills,
    cities,
    early,
    erasures,
    policies,
    records,
    withdrawals,
)
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import billers as biller_store
from b40_solidarity.needs.store import policies as policy_store
from b40_solidarity.needs.tasks import tasks
from b40_solidarity.needs.workers import trees

HANDLERS = (
    erasures,
    cities,
    policies,
    billers,
    attestations,
    bills,
    early,
    withdrawals,
    batches,
    answers,
    records,
)
WORKERS = (trees,)
"""Importing them registered them."""

application = Application(
    name=NEEDS,
    topics=TOPICS,
    hears=hears,
    migrations=Path(__file__).parent / "migrations",
    states={Policy: policy_store.states, Biller: biller_store.states},
    tasks=tasks,
    api=api.router,
    operations=operations.router,
    counters=metrics.COUNTERS,
    gauges=metrics.GAUGES,
)
