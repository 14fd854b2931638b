"""The shortest open route with days, exactly, for up to 13 stops.

Days are integers (``date.toordinal``). Two shows are at least ``gap`` days apart. First as many stops as can
have a day, then the fewest metres, then the earliest end, then the order of the stops' codes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from b40_events.geography import Place, metres_between
from b40_events.itinerary import Route, Stop, Visit

EXACT_STOPS_MAX = 13
NEVER = -(10**9)
ALWAYS = 10**9


def exact_route(start: Place, stops: Sequence[Stop], gap: int) -> Route:
    """The best route through at most 13 stops. Fixed stops must be compatible with each other."""
    assert len(stops) <= EXACT_STOPS_MAX, "more stops than can be solved exactly in a second"
    search = _Search(start, sorted(stops, key=lambda stop: stop.code), gap)
    best: tuple[int, tuple[Visit, ...], int] | None = None
    for mask in search.largest_possible_sets():
        if best is not None and search.shortest[mask][search.start] >= best[0]:
            break
        visits = search.visit_all(mask)
        metres = sum(visit.metres for visit in visits)
        if best is None or metres < best[0]:
            best = (metres, visits, mask)
    assert best is not None, "the fixed stops alone are always possible"
    left_out = tuple(stop.code for index, stop in enumerate(search.stops) if not best[2] >> index & 1)
    return Route(best[1], left_out)


class _Search:
    """Best first search over (set of stops still to visit, last stop, its day).

    ``shortest[mask][at]``: metres of the shortest path from ``at`` through ``mask`` whatever the days (Held-Karp):
    never more than what is left to drive, so the first complete route found is the best.
    ``latest[mask]``: the latest day of the show before, such that all of ``mask`` can still have a day: exact,
    because metres do not take days; so no state is entered that cannot be completed.
    """

    def __init__(self, start: Place, stops: Sequence[Stop], gap: int) -> None:
        self.stops = stops
        self.start = len(stops)
        self.gap = gap
        places = [*(stop.place for stop in stops), start]
        self.metres = [[metres_between(one, other) for other in places] for one in places]
        self.shortest = _shortest_completions(self.metres, len(stops))
        self.latest = self._latest_days()

    def _latest_days(self) -> list[int]:
        latest = [ALWAYS] * (1 << len(self.stops))
        for mask in range(1, len(latest)):
            days = (_last_until(self.stops[to].days, latest[mask ^ 1 << to]) for to in _members(mask))
            latest[mask] = max(days) - self.gap
        return latest

    def largest_possible_sets(self) -> list[int]:
        """The largest sets of stops, with all fixed ones, that can all have a day; the shortest first."""
        fixed = sum(1 << index for index, stop in enumerate(self.stops) if stop.fixed)
        possible = [
            mask for mask in range(len(self.latest)) if mask & fixed == fixed and self.latest[mask] > NEVER // 2
        ]
        assert possible, "fixed stops contradict each other"
        most = max(mask.bit_count() for mask in possible)
        largest = [mask for mask in possible if mask.bit_count() == most]
        return sorted(largest, key=lambda mask: (self.shortest[mask][self.start], mask))

    def visit_all(self, mask: int) -> tuple[Visit, ...]:
        """The shortest way to visit all of ``mask``, which must be possible."""
        heap = [_Label(self.shortest[mask][self.start], NEVER, mask, self.start, None)]
        earliest: dict[tuple[int, int], int] = {}
        while True:
            label = heappop(heap)
            if not label.mask:
                return self._visits(label)
            if label.day >= earliest.get((label.mask, label.at), ALWAYS):
                continue  # reached before with no more metres and no later: nothing better can come of it
            earliest[label.mask, label.at] = label.day
            for following in self._followings(label):
                if following.day < earliest.get((following.mask, following.at), ALWAYS):
                    heappush(heap, following)

    def _followings(self, label: "_Label") -> Iterator["_Label"]:
        spent = label.metres - self.shortest[label.mask][label.at]
        for to in _members(label.mask):
            rest = label.mask ^ 1 << to
            day = _first_from(self.stops[to].days, label.day + self.gap)
            if day <= self.latest[rest]:
                metres = spent + self.metres[label.at][to] + self.shortest[rest][to]
                yield _Label(metres, day, rest, to, label)

    def _visits(self, label: "_Label") -> tuple[Visit, ...]:
        visits: list[Visit] = []
        while label.before is not None:
            metres = self.metres[label.before.at][label.at]
            visits.append(Visit(self.stops[label.at].code, label.day, metres))
            label = label.before
        return tuple(reversed(visits))


class _Label(NamedTuple):
    """A beginning of a route: metres spent and at least to come, day and place of its last show, what is left."""

    metres: int
    day: int
    mask: int
    at: int
    before: "_Label | None"

    def __lt__(self, other: tuple[object, ...]) -> bool:
        return self[:4] < other[:4]


def _shortest_completions(metres: list[list[int]], count: int) -> list[list[int]]:
    """Metres of the shortest path from each place through each set of stops: Held-Karp over sets as bit masks."""
    shortest = [[0] * (count + 1)]
    for mask in range(1, 1 << count):
        onward = [(to, shortest[mask ^ 1 << to][to]) for to in _members(mask)]
        shortest.append([min([row[to] + rest for to, rest in onward]) for row in metres])
    return shortest


def _members(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _first_from(days: tuple[int, ...], day: int) -> int:
    """The first of these days that is not before ``day``; ALWAYS if there is none."""
    index = bisect_left(days, day)
    return days[index] if index < len(days) else ALWAYS + 1


def _last_until(days: tuple[int, ...], day: int) -> int:
    """The last of these days that is not after ``day``; NEVER if there is none."""
    index = bisect_right(days, day)
    return days[index - 1] if index else NEVER
