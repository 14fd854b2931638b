"""What the app hears."""

from b40_chassis.hears import Hears
from b40_contracts.solidarity import GIFTS

hears = Hears(GIFTS)
