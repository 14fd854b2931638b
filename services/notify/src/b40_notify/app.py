"""notify, composed: its handlers register in this order, its workers with them."""

from pathlib import Path

from b40_chassis.application import Application
from b40_contracts.catalogue import TOPICS

from b40_notify import workers
from b40_notify.api import router
from b40_notify.handlers import (
    cities,
    consents,
    deliveries,
    digests,
    erasures,
    events,
    intake,
    registry,
    sealed,
    solidarity,
)
from b40_notify.hears import hears
from b40_notify.tasks import tasks

HANDLERS = (cities, consents, deliveries, erasures, intake, registry, events, solidarity, sealed, digests)
WORKERS = workers

application = Application(
    name="notify",
    topics=TOPICS,
    hears=hears,
    migrations=Path(__file__).parent / "migrations",
    tasks=tasks,
    api=router,
)
