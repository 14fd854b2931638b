"""Run the registry: ``python -m b40_registry``."""

from b40_chassis.process import main

from b40_registry.app import application

main(application)
