"""Cities and their dated membership: what is reported, their whole state, and what the ledger's entries bring."""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from b40_contracts.event import Event, Part
from b40_contracts.values import CityCode, CountryCode, Day, Instant, Names, Source

TimeZone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$", max_length=64)]
"""Name of a zone in the IANA time zone database, as ``Europe/Istanbul``. The registry refuses unknown names."""


class Status(StrEnum):
    """Where a city stands towards the network. Only an active city is a member."""

    CANDIDATE = "candidate"
    """It asked to join, or was proposed."""
    SIGNED = "signed"
    """It signed the network's declaration; its membership has not begun yet."""
    ACTIVE = "active"
    """It is a member from this day on."""
    LEFT = "left"
    """It is no longer a member, or withdrew its signature, from this day on."""


class Boundary(StrEnum):
    """Which area a population was counted in. Figures of different areas are not comparable."""

    CITY = "city"
    """The built-up place itself, as gazetteers count it."""
    MUNICIPALITY = "municipality"
    METROPOLITAN = "metropolitan"
    UNKNOWN = "unknown"


class Population(Part):
    """How many people live in a city, by whose count."""

    count: int = Field(ge=0, le=100_000_000, description="Number of inhabitants.")
    year: int | None = Field(default=None, ge=1900, le=2200, description="Year of the count; absent if not stated.")
    boundary: Boundary = Field(description="The area that was counted.")
    source: Source = Field(description="Who counted.")


class Profile(Part):
    """What describes a city: the fields that a report and the state share."""

    code: CityCode = Field(description="Code of the city; it never changes.")
    geonames: int = Field(
        ge=1, le=10**12, description="Identifier of the place at geonames.org; it belongs to one code."
    )
    country: CountryCode = Field(description="Country of the city; the code begins with it.")
    names: Names = Field(description="Name of the city by language, in the script of each.")
    latitude: float = Field(ge=-90, le=90, description="Latitude of the centre, degrees north, WGS 84.")
    longitude: float = Field(ge=-180, le=180, description="Longitude of the centre, degrees east, WGS 84.")
    timezone: TimeZone = Field(description="The zone in which the city's days begin and end.")
    population: Population | None = Field(default=None, description="Inhabitants, if known.")
    profile_source: Source = Field(description="What the description rests on.")


class LedgerEntry(Part):
    """One dated line of a city's membership ledger. Lines are added, never edited or removed."""

    status: Status = Field(description="What the city is from this day on.")
    on: Day = Field(description="First day of it, in the city's own time zone.")
    source: Source = Field(description="The document that says so.")


def status_on(ledger: Sequence[LedgerEntry], day: date) -> LedgerEntry | None:
    """The entry that holds on ``day``, of a ledger in order of its days; None before the first."""
    return next((entry for entry in reversed(ledger) if entry.on <= day), None)


# Reported on registry-intake


class CityProfileReported(Profile, Event):
    """A city is described, whole. Said by a city or a data portal, first before anything else is said of the city.

    The registry states the city. A later report takes the place of an earlier one; one that is older than the
    last changes nothing. Its key is the place, not the code: reports that wait for the city do not hold it up.
    """

    type = "org.b40.registry.city-profile.reported.v1"
    key = "geonames"


class MembershipReported(Event):
    """A document says what a city's membership is from a day on, past or future.

    The registry enters it in the city's ledger; on its day it announces that the city applied, signed, was
    admitted or left, and states the city. It waits for a city without a profile. The same city, status and
    day again is the same entry. What contradicts the ledger is refused.
    """

    type = "org.b40.registry.membership.reported.v1"
    key = "city"
    city: CityCode = Field(description="Code of the city.")
    status: Status = Field(description="What the city is from the day on.")
    on: Day = Field(description="First day of it, in the city's own time zone.")
    source: Source = Field(description="The document that says so.")


# Announced


class City(Profile, Event):
    """The whole current state of a city: its description, its ledger, and its status today.

    Said when any of it changes, also when a day comes on which an entry begins. Whoever keeps a copy of
    cities hears this and nothing else.
    """

    type = "org.b40.registry.city.stated.v1"
    key = "code"
    status: Status | None = Field(description="What the city is now; null if no entry has begun yet.")
    since: Day | None = Field(description="First day of that status, or null.")
    ledger: tuple[LedgerEntry, ...] = Field(
        description="All entries in order of their days, also those whose day has not come."
    )
    described_at: Instant = Field(description="When the profile that holds was reported, UTC.")

    def member_on(self, day: date) -> bool:
        """Whether the city was, or by the ledger will be, a member on that day."""
        entry = status_on(self.ledger, day)
        return entry is not None and entry.status is Status.ACTIVE


class CityApplied(Event):
    """A city became a candidate: it asked to join, or was proposed.

    Said when the day begins in the city, or at once if the day is past. Nothing is owed to a candidate yet.
    """

    type = "org.b40.registry.city.applied.v1"
    key = "city"
    city: CityCode = Field(description="Code of the city.")
    on: Day = Field(description="First day as a candidate.")
    source: Source = Field(description="The document that says so.")


class CitySigned(Event):
    """A city signed the network's declaration.

    Said when the day begins in the city, or at once if the day is past. It is not a member before it is admitted.
    """

    type = "org.b40.registry.city.signed.v1"
    key = "city"
    city: CityCode = Field(description="Code of the city.")
    on: Day = Field(description="Day of the signature.")
    source: Source = Field(description="The document that says so.")


class CityAdmitted(Event):
    """A city became a member.

    Said when its first day begins in the city, or at once if it is past. From then on it is invited, counted, notified.
    """

    type = "org.b40.registry.city.admitted.v1"
    key = "city"
    city: CityCode = Field(description="Code of the city.")
    on: Day = Field(description="First day as a member.")
    source: Source = Field(description="The document that says so.")


class CityLeft(Event):
    """A city ended its membership, or withdrew its signature before it began.

    Said when the day begins in the city, or at once if it is past. From then on nobody invites, counts or notifies it.
    """

    type = "org.b40.registry.city.left.v1"
    key = "city"
    city: CityCode = Field(description="Code of the city.")
    on: Day = Field(description="First day on which the city is no longer a member.")
    source: Source = Field(description="The document that says so.")
