"""What events announces about tours, in order on one partition, and hears itself."""

from typing import Literal

from pydantic import Field

from b40_contracts.event import Event
from b40_contracts.events.values import Act, DatedStop, Gate, Kilometres, TourChange, Window
from b40_contracts.values import CityCode, Day, Instant, Names, Slug, Text


class TourAnnounced(Event):
    """A tour is planned; its cities are invited (StopInvited) and its gates are deadlines (DeadlineSet)."""

    type = "org.b40.events.tour.announced.v1"
    key = "tour"
    tour: Slug = Field(description="Identifier of the tour.")
    names: Names = Field(description="Its name by language.")
    start: CityCode = Field(description="City that it starts from.")
    cities: tuple[CityCode, ...] = Field(description="Cities invited, as listed.")
    cities_confirmed_by: Day = Field(description="Gate: last day for cities to confirm.")
    dates_confirmed_by: Day = Field(description="Gate: the day on which dates are decided.")
    first_concert: Day = Field(description="Gate: no concert is before this day.")
    last_concert: Day = Field(description="No concert is after this day.")
    rest_days: int = Field(description="Days without a show between two shows, at least.")
    free: Literal[True] = Field(default=True, description="Concerts are free.")
    passengers: Literal[False] = Field(default=False, description="The bus carries no passengers.")


class StopInvited(Event):
    """A city is invited to a tour; it may confirm until the gate, and later around the dates decided."""

    type = "org.b40.events.stop.invited.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The city invited.")
    names: Names = Field(description="Name of the tour by language.")
    confirm_by: Day = Field(description="Last day to confirm before dates are decided.")
    why: Text = Field(description="Why it is invited: listed by the tour, or joined the network meanwhile.")


class StopConfirmed(Event):
    """A city takes part; its date is decided with the dates gate, or at the next midnight if that has passed."""

    type = "org.b40.events.stop.confirmed.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The city that confirmed.")
    windows: tuple[Window, ...] = Field(description="When it can host; empty: any day.")
    late: bool = Field(description="True if it came after the dates gate had opened.")


class GatePassed(Event):
    """The condition of a tour's gate holds and its day has come: the next phase begins."""

    type = "org.b40.events.gate.passed.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    gate: Gate = Field(description="The gate: the next phase is dating, preparing or touring.")
    planned: Day = Field(description="The day that was planned for it.")


class TourDecided(Event):
    """THE decision on a tour's dates; it takes effect when events hears it again and its number is the next.

    Dates decided before are kept. StopDated, StopMoved and StopUnschedulable follow when it takes effect.
    """

    type = "org.b40.events.tour.decided.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    number: int = Field(ge=1, description="Which decision on this tour, from 1.")
    due: Instant = Field(description="When it was due; later than that of the one before.")
    start: CityCode = Field(description="City that the tour starts from.")
    stops: tuple[DatedStop, ...] = Field(description="All dated stops in order of their days.")
    unschedulable: tuple[CityCode, ...] = Field(default=(), description="Confirmed cities for which no day was found.")
    changes: tuple[TourChange, ...] = Field(description="What this decision changed, and why.")
    km: Kilometres = Field(description="Length of the decided route, from the start, one way.")
    listing_order_km: Kilometres = Field(
        description="Length of the route over all cities of the tour's announcement, in the order they were listed."
    )
    shortest_km_without_windows: Kilometres = Field(
        description="Length of the shortest route over the same cities if every day suited everyone; "
        "above 13 cities, of the best one found."
    )


class StopDated(Event):
    """A stop has its day; it will not be moved for others' sake. A calendar entry follows."""

    type = "org.b40.events.stop.dated.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The stop.")
    on: Day = Field(description="Its day, in the city's own time zone.")
    why: Text = Field(description="Why this day.")


class StopMoved(Event):
    """A stop has another day, because its own city could not keep the day that it had."""

    type = "org.b40.events.stop.moved.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The stop.")
    on: Day = Field(description="Its new day.")
    before: Day = Field(description="The day that it had.")
    why: Text = Field(description="Why it moved.")


class StopUnschedulable(Event):
    """No day was found for a confirmed city; other windows may help (a new confirmation)."""

    type = "org.b40.events.stop.unschedulable.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The city.")
    why: Text = Field(description="Why no day was found.")


class StopWithdrawn(Event):
    """A city does not take part any more; its day, if it had one, is free and the others keep theirs."""

    type = "org.b40.events.stop.withdrawn.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The city.")
    on: Day | None = Field(default=None, description="The day that it had.")
    why: Text = Field(description="Why.")


class LineUpCompleted(Event):
    """A stop has at least one local and one guest act."""

    type = "org.b40.events.line-up.completed.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The stop.")
    acts: tuple[Act, ...] = Field(description="Who plays.")


class LineUpIncomplete(Event):
    """A stop lacks a local or a guest act; said for each report, and when the day of a stop is near."""

    type = "org.b40.events.line-up.incomplete.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The stop.")
    missing: tuple[Literal["local", "guest"], ...] = Field(min_length=1, description="What is missing.")
    on: Day | None = Field(default=None, description="The day of the stop, if it has one.")


class StopPlayed(Event):
    """The concert of a stop took place."""

    type = "org.b40.events.stop.played.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The stop.")
    on: Day = Field(description="The day.")
    visitors: int | None = Field(default=None, description="Visitors, if counted.")
