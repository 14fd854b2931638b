"""The route of a tour: exact up to 13 stops, a good one beyond."""

from collections.abc import Mapping, Sequence

from b40_events.exact_route import EXACT_STOPS_MAX, exact_route
from b40_events.geography import Place
from b40_events.itinerary import Route, Stop
from b40_events.long_route import long_route


def best_route(start: Place, stops: Sequence[Stop], gap: int) -> Route:
    """The route through as many stops as can have a day, then the shortest: proven up to 13 stops, else a good one.

    ``gap``: two shows are at least so many days apart. Fixed stops must be compatible with each other.
    """
    possible = [stop for stop in stops if stop.days]
    without_day = tuple(sorted(stop.code for stop in stops if not stop.days))
    solve = exact_route if len(possible) <= EXACT_STOPS_MAX else long_route
    route = solve(start, possible, gap)
    return Route(route.visits, tuple(sorted((*route.left_out, *without_day))))


def shortest_path(start: Place, places: Mapping[str, Place]) -> Route:
    """The shortest open path through all places if every day suited everyone."""
    return best_route(start, [Stop(code, place, days=(0,)) for code, place in places.items()], gap=0)
