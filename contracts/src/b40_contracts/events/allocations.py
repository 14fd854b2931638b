"""What events announces about the sharing of places, in order on one partition, and hears itself."""

from pydantic import Field

from b40_contracts.event import Event
from b40_contracts.events.values import CityWeight, Method
from b40_contracts.values import CityCode, Instant, Names, Slug, Text


class AllocationSimulated(Event):
    """The places of a meeting by every method, side by side, before anyone decides."""

    type = "org.b40.events.allocation.simulated.v1"
    key = "summit"
    summit: Slug = Field(description="The meeting.")
    names: Names = Field(description="Its name by language.")
    places: int = Field(description="Places in all.")
    floor: int = Field(description="Places that every city gets at least.")
    cap: int | None = Field(default=None, description="Places that a city gets at most.")
    cities: tuple[CityWeight, ...] = Field(description="Who shares, with the populations used.")
    equal: dict[CityCode, int] = Field(description="Places per city, shared equally.")
    proportional: dict[CityCode, int] = Field(description="Places per city by population, largest remainder.")
    degressive: dict[CityCode, int] = Field(
        description="Places per city by the square root of population, Sainte-Laguë."
    )
    tie_rule: Text = Field(description="How ties are resolved.")


class AllocationAdopted(Event):
    """THE decision on a meeting's places; it takes effect when events hears it again. PlacesGranted follows."""

    type = "org.b40.events.allocation.adopted.v1"
    key = "summit"
    summit: Slug = Field(description="The meeting.")
    number: int = Field(ge=1, description="Which decision on this meeting, from 1.")
    due: Instant = Field(description="When it was due; later than that of the one before.")
    names: Names = Field(description="Name of the meeting by language.")
    method: Method = Field(description="The method chosen.")
    places: int = Field(description="Places in all.")
    floor: int = Field(description="Places that every city gets at least.")
    cap: int | None = Field(default=None, description="Places that a city gets at most.")
    result: dict[CityCode, int] = Field(description="Places per city.")
    digest: str = Field(description="SHA-256 of all that the result rests on and of the result: anyone can check.")


class PlacesGranted(Event):
    """A city has places at a meeting."""

    type = "org.b40.events.places.granted.v1"
    key = "summit"
    summit: Slug = Field(description="The meeting.")
    names: Names = Field(description="Its name by language.")
    city: CityCode = Field(description="The city.")
    places: int = Field(ge=0, description="Its places.")
