"""Decisions of the network: who owes what by when, what was decided where, and what became of it."""

from pydantic import Field, model_validator

from b40_contracts.event import Event, Part
from b40_contracts.values import CityCode, Day, Instant, Names, Slug, Source, Text


class Owner(Part):
    """Who has to do it: a city or a working group, exactly one of the two."""

    city: CityCode | None = Field(default=None, description="Code of the city that owes it.")
    group: Slug | None = Field(default=None, description="The working group that owes it. May be reported later.")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Owner":
        if (self.city is None) == (self.group is None):
            raise ValueError("exactly one of city and group must be given")
        return self


class Decision(Part):
    """What a decision says: the fields that its report and the announcements share."""

    decision: Slug = Field(description="Identifier of the decision, as ``womex-introduce-network-2022``.")
    text: Names = Field(description="What was decided, by language.")
    owner: Owner = Field(description="Who has to do it.")
    taken_on: Day = Field(description="Day on which it was decided.")
    due_on: Day | None = Field(default=None, description="Last day on which it is in time, in the owner's time zone.")
    due_at: Instant | None = Field(default=None, description="Or the moment at which it is due, UTC; not both.")
    meeting: Slug | None = Field(default=None, description="The meeting that decided it. May be reported later.")
    agenda_item: Text | None = Field(default=None, description="The item of that meeting's agenda.")
    source: Source = Field(description="The document that says so.")

    @model_validator(mode="after")
    def _one_due(self) -> "Decision":
        if self.due_on is not None and self.due_at is not None:
            raise ValueError("only one of due_on and due_at may be given")
        return self


class DecisionReported(Decision, Event):
    """A decision was taken. Said once, by the secretariat; a decision is not edited, another one replaces it.

    The registry announces it as taken, due on its day, and lapsed if it is not fulfilled in the days of grace.
    It waits for an owner city without a profile. The same decision with other content is refused.
    """

    type = "org.b40.registry.decision.reported.v1"
    key = "decision"


class DecisionFulfilmentReported(Event):
    """A decision was carried out, with the evidence. Also accepted after it lapsed.

    The registry announces it as fulfilled. One of an unknown decision is refused.
    """

    type = "org.b40.registry.decision-fulfilment.reported.v1"
    key = "decision"
    decision: Slug = Field(description="Identifier of the decision.")
    on: Day = Field(description="Day on which it was fulfilled.")
    evidence: Source = Field(description="What shows that it was.")


class DecisionFact(Decision):
    """A decision with the moments that the registry computed from its due day or moment."""

    falls_due: Instant | None = Field(
        default=None, description="When it becomes due, UTC: due_at, or the end of due_on; null if never."
    )
    lapses: Instant | None = Field(default=None, description="When it lapses unless fulfilled, UTC; null if never.")


class DecisionTaken(DecisionFact, Event):
    """A decision was taken. Said when it is reported; from then on it is known when it falls due."""

    type = "org.b40.registry.decision.taken.v1"
    key = "decision"


class DecisionDue(DecisionFact, Event):
    """A decision's time is up and no fulfilment was reported. The days of grace begin; its owner is reminded."""

    type = "org.b40.registry.decision.due.v1"
    key = "decision"


class DecisionFulfilled(DecisionFact, Event):
    """A decision was carried out; it is no longer due and does not lapse."""

    type = "org.b40.registry.decision.fulfilled.v1"
    key = "decision"
    fulfilled_on: Day = Field(description="Day on which it was fulfilled.")
    in_time: bool = Field(description="True if that was not after its due day, or it has none.")
    evidence: Source = Field(description="What shows that it was.")


class DecisionLapsed(DecisionFact, Event):
    """The days of grace are over and no fulfilment was reported; the whole network is told."""

    type = "org.b40.registry.decision.lapsed.v1"
    key = "decision"
