"""What the app hears."""

from b40_chassis.hears import Hears
from b40_contracts.registry import City
from b40_contracts.solidarity import MATCHER

hears = Hears(MATCHER, ignores=(City,))
"""A city's country, which matters when pools merge, is the beginning of its code."""
