"""Runs notify: ``python -m b40_notify``."""

from b40_chassis.process import main

from b40_notify.app import application

main(application)
