"""The handlers of the registry register here."""

from b40_chassis.hears import Hears

hears = Hears("registry")
