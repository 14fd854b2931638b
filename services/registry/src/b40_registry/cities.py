"""Cities: which description holds, which is not acceptable, and the state that everyone hears."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from b40_contracts.registry import City, CityProfileReported, LedgerEntry, Profile

from b40_registry import membership, times
from b40_registry.objections import Objection
from b40_registry.parts import shared


@dataclass(frozen=True, slots=True)
class Described:
    """A city as it is known: its profile, and the report (time and id) that brought it."""

    profile: Profile
    at: datetime
    by: str

    def is_newer_than(self, at: datetime, by: str) -> bool:
        """Whether the report known is later than another; of the same moment the greater id counts as later."""
        return (self.at, self.by) > (at, by)


def objection(report: CityProfileReported, known: Sequence[Described]) -> Objection | None:
    """What is wrong with a profile, given the cities known that have its code or its place; None if nothing is."""
    if not report.code.startswith(report.country):
        return Objection("other-country", f"code: {report.code} does not begin with the country {report.country}")
    if not times.is_zone(report.timezone):
        return Objection("unknown-timezone", f"timezone: the time zone database has no {report.timezone!r}")
    for other in (described.profile for described in known):
        if other.code != report.code and other.geonames == report.geonames:
            return Objection("other-code", f"geonames: {report.geonames} is the place of {other.code}")
        if other.code == report.code and other.geonames != report.geonames:
            return Objection("other-place", f"geonames: {report.code} is the place {other.geonames}")
    return None


def state(
    profile: Profile, described_at: datetime, entries: Sequence[LedgerEntry], begun: Sequence[LedgerEntry]
) -> City:
    """The whole state of a city. ``begun`` are those of its entries whose day has come."""
    now = membership.in_order(begun)[-1] if begun else None
    return City(
        **shared(Profile, profile),
        status=now.status if now else None,
        since=now.on if now else None,
        ledger=membership.in_order(entries),
        described_at=described_at,
    )
