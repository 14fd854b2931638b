"""A good open route with days for many stops: cheapest insertion, then improvement. Not proven to be the shortest.

The rules are those of the exact search (days are integers, two shows at least ``gap`` days apart, fixed stops keep
their day); a stop is left out if no place in the route suits it.
"""

from collections.abc import Iterator, Sequence

from b40_events.geography import Place, metres_between
from b40_events.itinerary import Route, Stop, Visit

ROUNDS_MAX = 50
Order = tuple[int, ...]


def long_route(start: Place, stops: Sequence[Stop], gap: int) -> Route:
    """A route through any number of stops. Fixed stops must be compatible with each other."""
    search = _Search(start, sorted(stops, key=lambda stop: stop.code), gap)
    order: Order = tuple(sorted(search.fixed, key=lambda index: search.stops[index].days))
    waiting = sorted(search.free, key=lambda index: (len(search.stops[index].days), index))
    for _ in range(ROUNDS_MAX):
        before = order
        for index in waiting:
            order = search.cheapest(search.insertions(order, index)) or order
        order = search.cheapest(search.neighbours(order), than=order) or order
        waiting = [index for index in waiting if index not in order]
        if order == before:
            break
    return search.route(order, [search.stops[index].code for index in waiting])


class _Search:
    def __init__(self, start: Place, stops: Sequence[Stop], gap: int) -> None:
        self.stops = stops
        self.start = len(stops)
        self.gap = gap
        self.fixed = [index for index, stop in enumerate(stops) if stop.fixed]
        self.free = [index for index, stop in enumerate(stops) if not stop.fixed]
        places = [*(stop.place for stop in stops), start]
        self.metres = [[metres_between(one, other) for other in places] for one in places]

    def length(self, order: Order) -> int:
        return sum(self.metres[one][other] for one, other in zip((self.start, *order), order, strict=False))

    def days(self, order: Order) -> list[int] | None:
        """The earliest days for this order; None if a stop of it comes too late."""
        days: list[int] = []
        for index in order:
            earliest = days[-1] + self.gap if days else self.stops[index].days[0]
            day = next((day for day in self.stops[index].days if day >= earliest), None)
            if day is None:
                return None
            days.append(day)
        return days

    def insertions(self, order: Order, index: int) -> Iterator[Order]:
        """All orders with this stop put in somewhere."""
        if self.stops[index].days:
            for at in range(len(order) + 1):
                yield (*order[:at], index, *order[at:])

    def neighbours(self, order: Order) -> Iterator[Order]:
        """All orders with one stop moved elsewhere, or one stretch driven the other way round."""
        for at, index in enumerate(order):
            yield from self.insertions((*order[:at], *order[at + 1 :]), index)
        for first in range(len(order)):
            for last in range(first + 2, len(order) + 1):
                yield (*order[:first], *reversed(order[first:last]), *order[last:])

    def cheapest(self, orders: Iterator[Order], than: Order | None = None) -> Order | None:
        """The shortest of these orders that has days, if it is shorter than the given one."""
        best, least = None, None if than is None else self.length(than)
        for order in orders:
            length = self.length(order)
            if (least is None or length < least) and self.days(order) is not None:
                best, least = order, length
        return best

    def route(self, order: Order, left_out: list[str]) -> Route:
        days = self.days(order)
        assert days is not None, "fixed stops contradict each other"
        legs = [self.metres[one][other] for one, other in zip((self.start, *order), order, strict=False)]
        visits = (Visit(self.stops[index].code, day, leg) for index, day, leg in zip(order, days, legs, strict=True))
        return Route(tuple(visits), tuple(sorted(left_out)))
