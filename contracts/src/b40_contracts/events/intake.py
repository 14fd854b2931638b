"""What integrators report to events: tours, fairs, requests for places, deadlines."""

from typing import Literal, Self

from pydantic import Field, model_validator

from b40_contracts.event import Event
from b40_contracts.events.values import Act, CityWeight, DeadlineKind, Method, PriceTier, Window, Zone
from b40_contracts.values import CityCode, Day, Instant, Names, Slug, Source, Text


class TourAnnouncementReported(Event):
    """A tour is planned. Its cities are invited, its gates become deadlines; TourAnnounced follows.

    A tour is free for its audience and its bus carries no passengers: anything else is not a tour of the network.
    """

    type = "org.b40.events.tour.announcement-reported.v1"
    key = "tour"
    tour: Slug = Field(description="Identifier of the tour, as ``festival-bus-2022``.")
    names: Names = Field(description="Its name by language.")
    start: CityCode = Field(description="City that it starts from; not a stop.")
    cities: tuple[CityCode, ...] = Field(min_length=1, max_length=60, description="Cities invited, as listed.")
    cities_confirmed_by: Day = Field(description="Gate: last day for cities to confirm.")
    dates_confirmed_by: Day = Field(description="Gate: the day on which dates are decided.")
    first_concert: Day = Field(description="Gate: no concert is before this day.")
    last_concert: Day = Field(description="No concert is after this day.")
    rest_days: int = Field(default=1, ge=0, le=14, description="Days without a show between two shows, at least.")
    free: Literal[True] = Field(default=True, description="Concerts are free; tickets are not sold.")
    passengers: Literal[False] = Field(default=False, description="The bus promotes; it carries no passengers.")
    source: Source | None = Field(default=None, description="What this rests on.")

    @model_validator(mode="after")
    def _gates_in_order(self) -> Self:
        if not self.cities_confirmed_by <= self.dates_confirmed_by < self.first_concert <= self.last_concert:
            raise ValueError("cities_confirmed_by, dates_confirmed_by, first_concert, last_concert must be in order")
        if len(set(self.cities)) != len(self.cities) or self.start in self.cities:
            raise ValueError("cities must be distinct and without the start")
        return self


class StopConfirmationReported(Event):
    """A city wants the tour, in these windows; it need not have been invited. Said again, the last one holds.

    StopConfirmed follows. A confirmation after dates were decided joins around them; they do not move.
    """

    type = "org.b40.events.stop.confirmation-reported.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The city that confirms.")
    windows: tuple[Window, ...] = Field(default=(), max_length=20, description="When it can host; empty: any day.")
    source: Source | None = Field(default=None, description="What this rests on.")


class StopWithdrawalReported(Event):
    """A city withdraws from the tour. StopWithdrawn follows; the dates of the others stay."""

    type = "org.b40.events.stop.withdrawal-reported.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The city that withdraws.")
    why: Text = Field(description="Why, in a sentence for people.")
    source: Source | None = Field(default=None, description="What this rests on.")


class LineUpReported(Event):
    """Who plays at a stop. LineUpCompleted follows if a local and a guest act are there, else LineUpIncomplete."""

    type = "org.b40.events.line-up.reported.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The stop.")
    acts: tuple[Act, ...] = Field(max_length=50, description="All acts, in order; replaces what was reported before.")
    source: Source | None = Field(default=None, description="What this rests on.")


class StopPlayReported(Event):
    """A concert of the tour took place. StopPlayed follows; refused on a day that is not the stop's."""

    type = "org.b40.events.stop.play-reported.v1"
    key = "tour"
    tour: Slug = Field(description="The tour.")
    city: CityCode = Field(description="The stop.")
    on: Day = Field(description="The day on which it took place.")
    visitors: int | None = Field(default=None, ge=0, description="Visitors, if counted.")


class FairReported(Event):
    """A fair with its price tiers. FairAnnounced follows; each tier's last day becomes a deadline."""

    type = "org.b40.events.fair.reported.v1"
    key = "fair"
    fair: Slug = Field(description="Identifier of the fair, as ``womex-2022``.")
    names: Names = Field(description="Its name by language.")
    place: Text = Field(description="Where it is held; often no member city.")
    first_day: Day = Field(description="First day of the fair.")
    last_day: Day = Field(description="Last day of the fair.")
    timezone: Zone | None = Field(default=None, description="Time zone of its deadlines; None if nobody says.")
    tiers: tuple[PriceTier, ...] = Field(min_length=1, max_length=20, description="Price tiers, the cheapest first.")
    source: Source | None = Field(default=None, description="What this rests on.")

    @model_validator(mode="after")
    def _tiers_in_order(self) -> Self:
        days = [tier.until for tier in self.tiers]
        if days != sorted(set(days)) or len({tier.tier for tier in self.tiers}) != len(days):
            raise ValueError("tiers must be distinct, each until a later day than the one before")
        if self.last_day < self.first_day:
            raise ValueError("last_day must not be before first_day")
        return self


class MilestoneReported(Event):
    """The network's own plan for a fair: what is done by when. MilestoneSet follows, and PlanConflictFound
    if it comes after the deadline of the price that it means to pay. Said again, the last one holds.
    """

    type = "org.b40.events.milestone.reported.v1"
    key = "fair"
    fair: Slug = Field(description="The fair that it serves.")
    milestone: Slug = Field(description="Identifier of the milestone within the fair, as ``registration``.")
    name: Text = Field(description="What is to be done.")
    on: Day = Field(description="By which day.")
    rate: Slug | None = Field(default=None, description="Price tier that it means to pay; None: it pays no tier.")
    source: Source | None = Field(default=None, description="What this rests on.")


class FairIntentReported(Event):
    """A city tells how many persons it sends to a fair, and with which stand. Said again, the last one holds."""

    type = "org.b40.events.fair.intent-reported.v1"
    key = "fair"
    fair: Slug = Field(description="The fair.")
    city: CityCode = Field(description="The city.")
    persons: int = Field(ge=0, le=1_000, description="Persons; 0: nobody after all.")
    stand: Literal["none", "own", "cluster"] = Field(description="A stand of its own, a share of the network's, none.")
    source: Source | None = Field(default=None, description="What this rests on.")


class PlacesReported(Event):
    """Places of a meeting are to be shared among cities. AllocationSimulated follows, with all methods side by side."""

    type = "org.b40.events.places.reported.v1"
    key = "summit"
    summit: Slug = Field(description="Identifier of the meeting, as ``youth-summit-2022``.")
    names: Names = Field(description="Its name by language.")
    host: CityCode = Field(description="Where it is held.")
    first_day: Day = Field(description="First day.")
    last_day: Day = Field(description="Last day.")
    places: int = Field(ge=1, le=10_000, description="Places to share, in all.")
    floor: int = Field(default=0, ge=0, description="Places that every city gets at least.")
    cap: int | None = Field(default=None, ge=1, description="Places that a city gets at most; None: no limit.")
    cities: tuple[CityWeight, ...] = Field(min_length=1, max_length=500, description="Who shares.")
    source: Source | None = Field(default=None, description="What this rests on.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if len({weight.city for weight in self.cities}) != len(self.cities):
            raise ValueError("cities must be distinct")
        if self.floor * len(self.cities) > self.places:
            raise ValueError("places must be at least floor times the number of cities")
        if self.cap is not None and (self.cap < self.floor or self.cap * len(self.cities) < self.places):
            raise ValueError("cap must not be below floor, and cap times the number of cities not below places")
        return self


class AllocationAdoptionReported(Event):
    """The network chose a method for sharing places. AllocationAdopted follows; the first adoption holds."""

    type = "org.b40.events.allocation.adoption-reported.v1"
    key = "summit"
    summit: Slug = Field(description="The meeting.")
    method: Method = Field(description="The method chosen.")
    source: Source | None = Field(default=None, description="What this rests on.")


class DeadlineReported(Event):
    """Something is due by a day or a moment. DeadlineSet follows. Said again, the last one holds."""

    type = "org.b40.events.deadline.reported.v1"
    key = "deadline"
    deadline: Slug = Field(description="Identifier of the deadline.")
    name: Text = Field(description="What is due.")
    kind: DeadlineKind = Field(default="other", description="What kind of deadline it is.")
    on: Day | None = Field(default=None, description="The last day, if only a day is known.")
    at: Instant | None = Field(default=None, description="The last moment, if it is known.")
    timezone: Zone | None = Field(default=None, description="Time zone of the day; None if nobody says.")
    source: Source | None = Field(default=None, description="What this rests on.")

    @model_validator(mode="after")
    def _day_or_moment(self) -> Self:
        if (self.on is None) == (self.at is None):
            raise ValueError("exactly one of on and at must be given")
        return self


class DeadlineMeetingReported(Event):
    """Somebody did what was due. DeadlineMet follows. Of a price tier: later tiers of the fair are lifted."""

    type = "org.b40.events.deadline.meeting-reported.v1"
    key = "deadline"
    deadline: Slug = Field(description="The deadline; a tier's or milestone's is ``<fair>-<tier or milestone>``.")
    source: Source | None = Field(default=None, description="What this rests on.")
