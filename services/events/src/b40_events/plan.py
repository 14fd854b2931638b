"""The network's plan for a fair, held against the fair's prices: a milestone must not come after its price ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from b40_contracts.events import PriceTier


@dataclass(frozen=True, slots=True)
class Milestone:
    """What the network means to have done by a day, and the price tier that it means to pay by it, if any."""

    milestone: str
    name: str
    on: date
    rate: str | None = None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A milestone that lies behind the last day of the tier that it means to pay."""

    milestone: Milestone
    tier: PriceTier
    price_then: PriceTier | None

    @property
    def days_late(self) -> int:
        """Days by which the milestone lies behind."""
        return (self.milestone.on - self.tier.until).days

    @property
    def why(self) -> str:
        """The conflict in a sentence for people."""
        needed = "paid and the payment received" if self.tier.kind == "payment-receipt" else "ordered"
        then = f"{self.price_then.name} holds by then" if self.price_then else "no advance price holds by then"
        return (
            f"{self.milestone.name} on {self.milestone.on} means to pay the {self.tier.name}, but that must be "
            f"{needed} by {self.tier.until}, {self.days_late} day{'s' * (self.days_late > 1)} earlier; {then}."
        )


def conflicts(tiers: Sequence[PriceTier], milestones: Sequence[Milestone]) -> list[Conflict]:
    """All conflicts of a plan, in order of the milestones' days. A milestone that pays no tier has none."""
    by_name = {tier.tier: tier for tier in tiers}
    found = [
        Conflict(milestone, by_name[milestone.rate], price_on(tiers, milestone.on))
        for milestone in milestones
        if milestone.rate in by_name and milestone.on > by_name[milestone.rate].until
    ]
    return sorted(found, key=lambda conflict: (conflict.milestone.on, conflict.milestone.milestone))


def price_on(tiers: Sequence[PriceTier], day: date) -> PriceTier | None:
    """The tier that holds on a day: the first that has not ended."""
    return min((tier for tier in tiers if tier.until >= day), key=lambda tier: tier.until, default=None)
