"""Great circles: how far two places are from each other."""

from itertools import pairwise
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_METRES = 6_371_008.8
"""Mean radius of the earth (IUGG)."""

Place = tuple[float, float]
"""Latitude and longitude in degrees, north and east positive."""


def metres_between(one: Place, other: Place) -> int:
    """Distance by great circle (haversine), rounded to whole metres so that sums compare exactly."""
    latitude_one, latitude_other = radians(one[0]), radians(other[0])
    across = sin((latitude_other - latitude_one) / 2) ** 2
    along = sin(radians(other[1] - one[1]) / 2) ** 2
    chord = across + cos(latitude_one) * cos(latitude_other) * along
    return round(2 * EARTH_RADIUS_METRES * asin(sqrt(min(1.0, chord))))


def path_metres(places: list[Place]) -> int:
    """Length of the path through these places in this order."""
    return sum(metres_between(one, other) for one, other in pairwise(places))


def kilometres(metres: int) -> float:
    """Metres as kilometres, rounded to 0.1."""
    return round(metres / 1000, 1)
