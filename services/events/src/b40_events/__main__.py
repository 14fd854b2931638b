"""Run events: ``python -m b40_events``."""

from b40_chassis.process import main

from b40_events.app import application

main(application)
