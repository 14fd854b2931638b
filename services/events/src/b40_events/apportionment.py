"""Sharing a number of places among cities: equally, by population, or in between; each with a floor and a cap.

All arithmetic is exact (integers and fractions). Ties go to the larger population, then by a lottery that
everyone can repeat: the SHA-256 of the meeting's identifier and the city's code, the smallest first. The order
of the input never matters.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

TIE_RULE = (
    "Ties go to the larger population, then to the smaller SHA-256 of '<meeting> <city code>' (hexadecimal, UTF-8)."
)

Result = dict[str, int]


@dataclass(frozen=True, slots=True)
class Sharing:
    """What is shared: ``places`` among the cities of ``populations``, each between ``floor`` and ``cap``.

    Possible only if floor times cities <= places <= cap times cities (checked by the contract).
    """

    meeting: str
    places: int
    populations: Mapping[str, int]
    floor: int = 0
    cap: int | None = None

    @property
    def most(self) -> int:
        """Places that a city gets at most."""
        return self.places if self.cap is None else min(self.cap, self.places)

    @property
    def cities(self) -> list[str]:
        """The cities in the order in which ties are resolved."""
        return sorted(self.populations, key=lambda city: (-self.populations[city], lot(self.meeting, city)))

    def weight(self, city: str) -> int:
        """Inhabitants that count; at least one, so that everyone takes part."""
        return max(1, self.populations[city])


def lot(meeting: str, city: str) -> str:
    """The lot that a city draws in the lottery of a meeting."""
    return hashlib.sha256(f"{meeting} {city}".encode()).hexdigest()


def equal(sharing: Sharing) -> Result:
    """The same for everyone; what is left over goes by the tie rule."""
    each, over = divmod(sharing.places, len(sharing.populations))
    return _sorted({city: each + (index < over) for index, city in enumerate(sharing.cities)})


def proportional(sharing: Sharing) -> Result:
    """By population and largest remainder; floor and cap bound the quotas before they are rounded."""
    quotas = _bounded_quotas(sharing)
    result = {city: int(quota) for city, quota in quotas.items()}
    over = sharing.places - sum(result.values())
    ranks = {city: rank for rank, city in enumerate(sharing.cities)}
    by_remainder = sorted(quotas, key=lambda city: (result[city] - quotas[city], ranks[city]))
    for city in by_remainder[:over]:
        result[city] += 1
    return _sorted(result)


def degressive(sharing: Sharing) -> Result:
    """By the square root of population and Sainte-Laguë: each place goes to the largest root / (2 places + 1).

    Roots are compared by their squares, so that nothing is rounded.
    """
    result = dict.fromkeys(sharing.cities, sharing.floor)
    ranks = {city: rank for rank, city in enumerate(sharing.cities)}
    for _ in range(sharing.places - sum(result.values())):
        open_to = (city for city, places in result.items() if places < sharing.most)
        claims = ((Fraction(sharing.weight(city), (2 * result[city] + 1) ** 2), -ranks[city], city) for city in open_to)
        result[max(claims)[2]] += 1
    return _sorted(result)


METHODS = {"equal": equal, "proportional": proportional, "degressive": degressive}


def digest(sharing: Sharing, method: str, result: Mapping[str, int]) -> str:
    """SHA-256 of all that a result rests on, and of the result, as JSON with sorted keys and no spaces."""
    content = {
        "meeting": sharing.meeting,
        "method": method,
        "places": sharing.places,
        "floor": sharing.floor,
        "cap": sharing.cap,
        "populations": dict(sharing.populations),
        "result": dict(result),
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _bounded_quotas(sharing: Sharing) -> dict[str, Fraction]:
    """Quotas proportional to population, bounded by floor and cap, that add up to the places.

    They are bounded(population x factor) for one factor. The sum rises with the factor, and between the points at
    which a city leaves its floor or reaches its cap it rises evenly: so the factor is found between two of them.
    """
    cities = list(sharing.populations)
    points = sorted(
        {Fraction(bound, sharing.weight(city)) for city in cities for bound in (sharing.floor, sharing.most)}
    )
    low = max((point for point in points if _total(sharing, point) <= sharing.places), default=points[0])
    high = min((point for point in points if _total(sharing, point) >= sharing.places), default=points[-1])
    rise = _total(sharing, high) - _total(sharing, low)
    share = Fraction(0) if not rise else (sharing.places - _total(sharing, low)) / rise
    factor = low + (high - low) * share
    return {city: _bounded(sharing, city, factor) for city in cities}


def _total(sharing: Sharing, factor: Fraction) -> Fraction:
    return sum((_bounded(sharing, city, factor) for city in sharing.populations), Fraction(0))


def _bounded(sharing: Sharing, city: str, factor: Fraction) -> Fraction:
    return min(max(factor * sharing.weight(city), Fraction(sharing.floor)), Fraction(sharing.most))


def _sorted(result: Mapping[str, int]) -> Result:
    return dict(sorted(result.items()))


def side_by_side(sharing: Sharing) -> dict[str, Result]:
    """The result of every method, by its name."""
    return {name: method(sharing) for name, method in METHODS.items()}
