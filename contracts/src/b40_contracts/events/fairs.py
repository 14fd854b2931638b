"""What events announces about fairs and the network's plan for them."""

from typing import Literal

from pydantic import Field

from b40_contracts.event import Event
from b40_contracts.events.values import PriceTier, TierKind, Zone
from b40_contracts.values import CityCode, Day, Names, Slug, Text


class FairAnnounced(Event):
    """A fair with its prices is known, or changed; the last days of its tiers are deadlines (DeadlineSet)."""

    type = "org.b40.events.fair.announced.v1"
    key = "fair"
    fair: Slug = Field(description="Identifier of the fair.")
    names: Names = Field(description="Its name by language.")
    place: Text = Field(description="Where it is held.")
    first_day: Day = Field(description="First day.")
    last_day: Day = Field(description="Last day.")
    timezone: Zone | None = Field(default=None, description="Time zone of its deadlines; None if unknown.")
    tiers: tuple[PriceTier, ...] = Field(description="Price tiers, the cheapest first.")


class MilestoneSet(Event):
    """The network means to have done something for a fair by a day; it is a deadline too (DeadlineSet)."""

    type = "org.b40.events.milestone.set.v1"
    key = "fair"
    fair: Slug = Field(description="The fair.")
    milestone: Slug = Field(description="Identifier of the milestone within the fair.")
    name: Text = Field(description="What is to be done.")
    on: Day = Field(description="By which day.")
    rate: Slug | None = Field(default=None, description="Price tier that it means to pay, if any.")


class PlanConflictFound(Event):
    """A milestone lies behind the deadline of the price that it means to pay: the plan costs more than meant."""

    type = "org.b40.events.plan-conflict.found.v1"
    key = "fair"
    fair: Slug = Field(description="The fair.")
    milestone: Slug = Field(description="The milestone.")
    milestone_name: Text = Field(description="What is to be done.")
    milestone_on: Day = Field(description="Day of the milestone.")
    deadline: Slug = Field(description="The price tier that it means to pay.")
    deadline_name: Text = Field(description="Name of the tier.")
    deadline_on: Day = Field(description="Last day of the tier.")
    deadline_kind: TierKind = Field(description="What must have happened by then.")
    days_late: int = Field(ge=1, description="Days by which the milestone lies behind.")
    price_then: Text | None = Field(default=None, description="Name of the tier that holds then; None: no tier.")
    why: Text = Field(description="The conflict in a sentence for people.")


class PlanConflictResolved(Event):
    """A conflict found before is gone: the milestone or the tier was moved."""

    type = "org.b40.events.plan-conflict.resolved.v1"
    key = "fair"
    fair: Slug = Field(description="The fair.")
    milestone: Slug = Field(description="The milestone.")
    deadline: Slug = Field(description="The price tier with which it was in conflict.")


class FairIntentDeclared(Event):
    """A city told how many persons it sends; with the network's sums so far."""

    type = "org.b40.events.fair.intent-declared.v1"
    key = "fair"
    fair: Slug = Field(description="The fair.")
    city: CityCode = Field(description="The city.")
    persons: int = Field(description="Persons that it sends.")
    stand: Literal["none", "own", "cluster"] = Field(description="A stand of its own, a share of the network's, none.")
    persons_of_all: int = Field(description="Persons of all cities so far.")
    cities_of_all: int = Field(description="Cities that send somebody so far.")
