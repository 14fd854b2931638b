"""What the app hears."""

from b40_chassis.hears import Hears
from b40_contracts.registry import City
from b40_contracts.solidarity import MATCHER

hears = Hears(MATCHER, ignores=(City,))
"""A city's country matters only when pools merge; each pool is of one city."""
