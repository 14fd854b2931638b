"""What a route is made of: stops with the days that suit them, visits with their day."""

from dataclasses import dataclass

from b40_events.geography import Place


@dataclass(frozen=True, slots=True)
class Stop:
    """A place to be visited on one of ``days`` (ascending). ``fixed``: it has its day and must keep it."""

    code: str
    place: Place
    days: tuple[int, ...]
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop with its day, and the metres from the place before it."""

    code: str
    day: int
    metres: int


@dataclass(frozen=True, slots=True)
class Route:
    """Visits in order of their days, and the codes of stops for which there was no day."""

    visits: tuple[Visit, ...]
    left_out: tuple[str, ...] = ()

    @property
    def metres(self) -> int:
        """Length of the route, from the start."""
        return sum(visit.metres for visit in self.visits)
