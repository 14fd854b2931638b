"""Facts about tours, fairs, shared places, deadlines and the calendar, and the topics they travel on."""

from b40_contracts.events.allocations import AllocationAdopted, AllocationSimulated, PlacesGranted
from b40_contracts.events.calendar import CalendarEntry
from b40_contracts.events.deadlines import (
    DeadlineApproaching,
    DeadlineLifted,
    DeadlineMet,
    DeadlineMissed,
    DeadlineSet,
)
from b40_contracts.events.fairs import (
    FairAnnounced,
    FairIntentDeclared,
    MilestoneSet,
    PlanConflictFound,
    PlanConflictResolved,
)
from b40_contracts.events.intake import (
    AllocationAdoptionReported,
    DeadlineMeetingReported,
    DeadlineReported,
    FairIntentReported,
    FairReported,
    LineUpReported,
    MilestoneReported,
    PlacesReported,
    StopConfirmationReported,
    StopPlayReported,
    StopWithdrawalReported,
    TourAnnouncementReported,
)
from b40_contracts.events.tours import (
    GatePassed,
    LineUpCompleted,
    LineUpIncomplete,
    StopConfirmed,
    StopDated,
    StopInvited,
    StopMoved,
    StopPlayed,
    StopUnschedulable,
    StopWithdrawn,
    TourAnnounced,
    TourDecided,
)
from b40_contracts.events.values import Act, CityWeight, DatedStop, PriceTier, TourChange, Window
from b40_contracts.platform import refusals
from b40_contracts.topic import Kind, Topic, from_beginning, from_now

INTAKE = Topic(
    name="events-intake",
    kind=Kind.INTAKE,
    description="Tours, stops, fairs, requests for places and deadlines, as reported by those who organise them.",
    events=(
        TourAnnouncementReported,
        StopConfirmationReported,
        StopWithdrawalReported,
        LineUpReported,
        StopPlayReported,
        FairReported,
        MilestoneReported,
        FairIntentReported,
        PlacesReported,
        AllocationAdoptionReported,
        DeadlineReported,
        DeadlineMeetingReported,
    ),
    producer="integrators",
    consumers=from_beginning("events"),
)

TOURS = Topic(
    name="events-tours",
    kind=Kind.FACTS,
    description="Tours and their stops, from invitation to concert, and the decisions on their dates.",
    events=(
        TourAnnounced,
        StopInvited,
        StopConfirmed,
        GatePassed,
        TourDecided,
        StopDated,
        StopMoved,
        StopUnschedulable,
        StopWithdrawn,
        LineUpCompleted,
        LineUpIncomplete,
        StopPlayed,
    ),
    producer="events",
    consumers=from_beginning("events") + from_now("notify"),
    partitions=1,
)

ALLOCATIONS = Topic(
    name="events-allocations",
    kind=Kind.FACTS,
    description="How the places of meetings are shared among cities: simulated, decided, granted.",
    events=(AllocationSimulated, AllocationAdopted, PlacesGranted),
    producer="events",
    consumers=from_beginning("events") + from_now("notify"),
    partitions=1,
)

FAIRS = Topic(
    name="events-fairs",
    kind=Kind.FACTS,
    description="Fairs, the network's plan for them, and where the plan contradicts their deadlines.",
    events=(FairAnnounced, MilestoneSet, PlanConflictFound, PlanConflictResolved, FairIntentDeclared),
    producer="events",
    consumers=from_now("notify"),
)

DEADLINES = Topic(
    name="events-deadlines",
    kind=Kind.FACTS,
    description="Deadlines: set, approaching, met, missed, lifted.",
    events=(DeadlineSet, DeadlineApproaching, DeadlineMet, DeadlineMissed, DeadlineLifted),
    producer="events",
    consumers=from_now("notify"),
)

CALENDAR = Topic(
    name="events-calendar",
    kind=Kind.STATE,
    description="Every calendar entry as it is now: concerts, deadlines, fairs, meetings.",
    events=(CalendarEntry,),
    producer="events",
    consumers=from_beginning("events"),
)

REFUSALS = refusals("events")

TOPICS: tuple[Topic, ...] = (INTAKE, TOURS, ALLOCATIONS, FAIRS, DEADLINES, CALENDAR, REFUSALS)
"""All topics of events, and its intake."""

__all__ = [
    "ALLOCATIONS",
    "CALENDAR",
    "DEADLINES",
    "FAIRS",
    "INTAKE",
    "REFUSALS",
    "TOPICS",
    "TOURS",
    "Act",
    "AllocationAdopted",
    "AllocationAdoptionReported",
    "AllocationSimulated",
    "CalendarEntry",
    "CityWeight",
    "DatedStop",
    "DeadlineApproaching",
    "DeadlineLifted",
    "DeadlineMeetingReported",
    "DeadlineMet",
    "DeadlineMissed",
    "DeadlineReported",
    "DeadlineSet",
    "FairAnnounced",
    "FairIntentDeclared",
    "FairIntentReported",
    "FairReported",
    "GatePassed",
    "LineUpCompleted",
    "LineUpIncomplete",
    "LineUpReported",
    "MilestoneReported",
    "MilestoneSet",
    "PlacesGranted",
    "PlacesReported",
    "PlanConflictFound",
    "PlanConflictResolved",
    "PriceTier",
    "StopConfirmationReported",
    "StopConfirmed",
    "StopDated",
    "StopInvited",
    "StopMoved",
    "StopPlayReported",
    "StopPlayed",
    "StopUnschedulable",
    "StopWithdrawalReported",
    "StopWithdrawn",
    "TourAnnounced",
    "TourAnnouncementReported",
    "TourChange",
    "TourDecided",
    "Window",
]
