"""The composition of the app ``solidarity-gifts``. It has no read API: nothing about gifts is public."""

from pathlib import Path

from b40_chassis.application import Application
from b40_contracts.catalogue import TOPICS
from b40_contracts.solidarity import GIFTS

from b40_solidarity.gifts.handlers import batches, gifts, policies
from b40_solidarity.gifts.hears import hears

HANDLERS = (policies, gifts, batches)
"""Importing them registered them."""

application = Application(name=GIFTS, topics=TOPICS, hears=hears, migrations=Path(__file__).parent / "migrations")
