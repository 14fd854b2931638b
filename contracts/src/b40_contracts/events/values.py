"""Values that the facts about tours, fairs, places and deadlines share."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from b40_contracts.event import Part
from b40_contracts.values import CityCode, Day, Slug, Text

Zone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_+-]+(/[A-Za-z0-9_+-]+)*$", max_length=60)]
"""Name of a time zone in the IANA database, as ``Europe/Istanbul``."""

Kilometres = Annotated[float, Field(ge=0, le=1_000_000)]
"""A length in kilometres, by great circle on a sphere of radius 6,371.0088 km, rounded to 0.1."""

Method = Literal["equal", "proportional", "degressive"]
"""How places are shared: equally; by population and largest remainder; by its square root and Sainte-Laguë."""

TierKind = Literal["order", "payment-receipt"]
"""What must have happened by a price tier's last day: the order was placed, or its payment was received."""

DeadlineKind = Literal["gate", "order", "payment-receipt", "milestone", "other"]
"""What a deadline is: a gate of a tour, a price tier's last day, a milestone of the network's own, or else."""

ChangeKind = Literal["dated", "joined", "moved", "withdrawn", "unschedulable"]
"""What a decision changed about a stop of a tour."""

Gate = Literal["cities", "dates", "concerts"]
"""A gate of a tour: cities confirmed, dates confirmed, first concert."""


class Window(Part):
    """Days on which a city can host the tour, both included."""

    first: Day = Field(description="First day of the window.")
    last: Day = Field(description="Last day of the window.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("last must not be before first")
        return self


class Act(Part):
    """Somebody who plays: an ensemble or artist under its public name."""

    name: Text = Field(description="Public name of the act.")
    city: CityCode = Field(description="City that the act comes from; local where it plays at home, else a guest.")


class DatedStop(Part):
    """A stop of a tour with its day."""

    city: CityCode = Field(description="Where.")
    on: Day = Field(description="When: a day in the city's own time zone.")
    km: Kilometres = Field(description="From the stop before it, or from the start, in kilometres.")


class TourChange(Part):
    """What a decision changed about one stop, and why."""

    city: CityCode = Field(description="The stop that changed.")
    kind: ChangeKind = Field(description="What changed.")
    on: Day | None = Field(default=None, description="The new day, if it has one.")
    before: Day | None = Field(default=None, description="The day that it had before, if it had one.")
    why: Text = Field(description="Why, in a sentence for people.")


class PriceTier(Part):
    """A price of a fair that holds until a day."""

    tier: Slug = Field(description="Identifier of the tier within the fair, as ``summer``.")
    name: Text = Field(description="Its name, as ``Summer Rate``.")
    until: Day = Field(description="Last day on which this price holds.")
    kind: TierKind = Field(description="What must have happened by then.")


class CityWeight(Part):
    """A city that shares in places, with the population that counts."""

    city: CityCode = Field(description="Code of the city.")
    population: int = Field(ge=0, le=100_000_000, description="Inhabitants.")
    population_source: Text = Field(description="Where the number was read.")
    population_year: int | None = Field(default=None, ge=1900, le=2200, description="Its year; None if unknown.")
