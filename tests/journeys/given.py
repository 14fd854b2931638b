"""Facts that journeys begin with."""

from datetime import date

from b40_contracts.registry import CityProfileReported, MembershipReported, Status
from b40_contracts.values import Source

DOCUMENT = Source(title="Protocol of the signing", passage="Burgas signed the declaration.")


def burgas() -> CityProfileReported:
    """The city of Burgas as it describes itself."""
    return CityProfileReported(
        code="BGBOJ",
        geonames=732770,
        country="BG",
        names={"en": "Burgas", "bg": "Бургас"},
        latitude=42.5065,
        longitude=27.4689,
        timezone="Europe/Sofia",
        profile_source=DOCUMENT,
    )


def membership(city: str, on: str) -> MembershipReported:
    """A city is a member from a day on."""
    return MembershipReported(city=city, status=Status.ACTIVE, on=date.fromisoformat(on), source=DOCUMENT)
