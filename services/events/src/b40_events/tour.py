"""What is decided about a tour's dates: who gets which day, what changed, and why.

Days once published do not move for others' sake: they are fixed stops of the route. A city that joins later is put
around them where it costs the fewest kilometres; a city that withdraws leaves its day free.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from b40_contracts.events import DatedStop, TourChange, Window
from pydantic import BaseModel, ConfigDict

from b40_events.geography import Place, kilometres, metres_between, path_metres
from b40_events.itinerary import Route, Stop, Visit
from b40_events.route import best_route, shortest_path


class StopToDate(BaseModel):
    """A confirmed city: its windows (none: any day) and the day that it has, if one is published.

    ``told``: an earlier decision said that there is no day for it; it is tried again, but not told again.
    """

    model_config = ConfigDict(frozen=True)
    city: str
    windows: tuple[Window, ...] = ()
    on: date | None = None
    told: bool = False

    @property
    def keeps_its_day(self) -> bool:
        """Whether it has a day and can still keep it."""
        return self.on is not None and suits(self.on, self.windows)


class Withdrawal(BaseModel):
    """A city that withdrew and had a day."""

    model_config = ConfigDict(frozen=True)
    city: str
    on: date
    why: str


class TourToDecide(BaseModel):
    """All that a decision on a tour rests on; deciding twice on the same comes out the same."""

    model_config = ConfigDict(frozen=True)
    tour: str
    number: int
    due: datetime
    start: str
    listed: tuple[str, ...]
    names: dict[str, str]
    places: dict[str, Place]
    earliest: date
    last: date
    rest_days: int
    stops: tuple[StopToDate, ...]
    withdrawals: tuple[Withdrawal, ...] = ()


class Dates(BaseModel):
    """What was decided: the fields of TourDecided that had to be worked out."""

    model_config = ConfigDict(frozen=True)
    stops: tuple[DatedStop, ...]
    unschedulable: tuple[str, ...]
    changes: tuple[TourChange, ...]
    km: float
    listing_order_km: float
    shortest_km_without_windows: float


def suits(day: date, windows: Sequence[Window]) -> bool:
    """Whether a day lies in one of the windows; without windows any day does."""
    return not windows or any(window.first <= day <= window.last for window in windows)


def decide(tour: TourToDecide) -> Dates:
    """Give every stop that needs one a day; keep all days that can be kept."""
    route = best_route(tour.places[tour.start], [_stop(tour, stop) for stop in tour.stops], tour.rest_days + 1)
    listed = {city: tour.places[city] for city in tour.listed}
    return Dates(
        stops=tuple(
            DatedStop(city=visit.code, on=date.fromordinal(visit.day), km=kilometres(visit.metres))
            for visit in route.visits
        ),
        unschedulable=route.left_out,
        changes=_changes(tour, route),
        km=kilometres(route.metres),
        listing_order_km=kilometres(path_metres([tour.places[tour.start], *listed.values()])),
        shortest_km_without_windows=kilometres(shortest_path(tour.places[tour.start], listed).metres),
    )


def _stop(tour: TourToDecide, stop: StopToDate) -> Stop:
    place = tour.places[stop.city]
    if stop.on is not None and stop.keeps_its_day:
        return Stop(stop.city, place, (stop.on.toordinal(),), fixed=True)
    days = range(tour.earliest.toordinal(), tour.last.toordinal() + 1)
    return Stop(stop.city, place, tuple(day for day in days if suits(date.fromordinal(day), stop.windows)))


def _changes(tour: TourToDecide, route: Route) -> tuple[TourChange, ...]:
    """What changed: withdrawals by city, then new days in their order, then who got none."""
    asked = {stop.city: stop for stop in tour.stops}
    changes = [
        TourChange(city=gone.city, kind="withdrawn", before=gone.on, why=f"{gone.why} The others keep their days.")
        for gone in sorted(tour.withdrawals, key=lambda gone: gone.city)
    ]
    changes += [
        _dated(tour, route, index, asked[visit.code])
        for index, visit in enumerate(route.visits)
        if not asked[visit.code].keeps_its_day
    ]
    changes += [
        TourChange(city=city, kind="unschedulable", before=asked[city].on, why=why_no_day(tour, asked[city]))
        for city in route.left_out
        if not asked[city].told
    ]
    return tuple(changes)


def _dated(tour: TourToDecide, route: Route, index: int, stop: StopToDate) -> TourChange:
    visit = route.visits[index]
    kind: Literal["dated", "joined", "moved"] = "moved" if stop.on else "dated" if tour.number == 1 else "joined"
    before = route.visits[index - 1] if index else None
    after = route.visits[index + 1] if index + 1 < len(route.visits) else None
    where = _between(tour, before, after)
    more = kilometres(_detour(tour, visit, before, after))
    name = tour.names[stop.city]
    why = {
        "dated": f"The shortest route that suits all windows comes to {name} {where}.",
        "joined": f"{name} joined after dates were published: {where}, {more} km more; nobody else moves.",
        "moved": f"{name} cannot keep {stop.on}: {where}, {more} km more; nobody else moves.",
    }[kind]
    return TourChange(city=stop.city, kind=kind, on=date.fromordinal(visit.day), before=stop.on, why=why)


def _between(tour: TourToDecide, before: Visit | None, after: Visit | None) -> str:
    first = f"after {tour.names[before.code]}" if before else f"first, from {tour.names[tour.start]}"
    return f"{first} and before {tour.names[after.code]}" if after else f"{first}, as the last stop"


def _detour(tour: TourToDecide, visit: Visit, before: Visit | None, after: Visit | None) -> int:
    """Metres that the route is longer because of this visit."""
    come_from = tour.places[before.code if before else tour.start]
    if after is None:
        return visit.metres
    return visit.metres + after.metres - metres_between(come_from, tour.places[after.code])


def why_no_day(tour: TourToDecide, stop: StopToDate) -> str:
    """Why a city got no day, in a sentence for people."""
    name, days = tour.names[stop.city], [date.fromordinal(day) for day in _stop(tour, stop).days]
    if not days:
        return f"No window of {name} has a day from {tour.earliest} to {tour.last}."
    taken = {other.on: other.city for other in tour.stops if other.on is not None and other.keeps_its_day}
    near = {_near(day, taken, tour.rest_days) for day in days}
    if None not in near:
        cities = " and ".join(sorted(tour.names[city] for city in near if city))
        return f"Every day that suits {name} is taken by, or too near to, {cities}; {_rest(tour.rest_days)}."
    return f"The windows of {name} and of the others leave no day for all of them; {_rest(tour.rest_days)}."


def _near(day: date, taken: Mapping[date, str], rest_days: int) -> str | None:
    """The city with a published day so near that ``day`` cannot be used, if there is one."""
    within = (timedelta(days=days) for days in range(-rest_days, rest_days + 1))
    return next((taken[day + step] for step in within if day + step in taken), None)


def _rest(days: int) -> str:
    return "there is one show a day" if not days else f"{days} day{'s' * (days > 1)} must lie between two shows"
