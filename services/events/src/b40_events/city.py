"""What events keeps of a city: its names, place and zone, and where it stands towards the network."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from b40_events.geography import Place


@dataclass(frozen=True, slots=True)
class City:
    """A city. ``status`` and ``since`` are None before anything is known of its membership."""

    code: str
    names: Mapping[str, str]
    latitude: float
    longitude: float
    timezone: str
    status: str | None = None
    since: date | None = None

    @property
    def name(self) -> str:
        """Its name in English, else in the first language there is."""
        return self.name_in("en")

    @property
    def place(self) -> Place:
        """Latitude and longitude in degrees."""
        return self.latitude, self.longitude

    @property
    def is_member(self) -> bool:
        """Whether it is a member now."""
        return self.status == "active"

    def name_in(self, language: str) -> str:
        """Its name in a language, else in English, else in the first language there is."""
        return self.names.get(language) or self.names.get("en") or next(iter(self.names.values()))
