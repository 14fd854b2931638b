"""Runs notify: ``python -m b40_notify``."""

from b40_chassis.process import main

from b40_notify.app import application
from b40_notify.settings import settings

main(application, own=settings)
