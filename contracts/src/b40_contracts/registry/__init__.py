"""The registry's events and topics: cities and their membership, working groups, meetings, decisions, integrators."""

from b40_contracts.integrators import Integrator
from b40_contracts.platform import refusals
from b40_contracts.registry.cities import (
    Boundary,
    City,
    CityAdmitted,
    CityApplied,
    CityLeft,
    CityProfileReported,
    CitySigned,
    LedgerEntry,
    MembershipReported,
    Population,
    Profile,
    Status,
    status_on,
)
from b40_contracts.registry.decisions import (
    Decision,
    DecisionDue,
    DecisionFact,
    DecisionFulfilled,
    DecisionFulfilmentReported,
    DecisionLapsed,
    DecisionReported,
    DecisionTaken,
    Owner,
)
from b40_contracts.registry.groups import (
    Group,
    WorkingGroupChanged,
    WorkingGroupClosed,
    WorkingGroupFormed,
    WorkingGroupReported,
)
from b40_contracts.registry.meetings import (
    Attendance,
    Meeting,
    MeetingCancelled,
    MeetingHeld,
    MeetingReported,
    MeetingScheduled,
)
from b40_contracts.topic import Kind, Topic, from_beginning, from_now

INTAKE = Topic(
    name="registry-intake",
    kind=Kind.INTAKE,
    description="What cities, the secretariat and data portals report about cities, groups, meetings, decisions.",
    events=(
        CityProfileReported,
        MembershipReported,
        WorkingGroupReported,
        MeetingReported,
        DecisionReported,
        DecisionFulfilmentReported,
    ),
    producer="integrators",
    consumers=from_beginning("registry"),
)

CITIES = Topic(
    name="registry-cities",
    kind=Kind.STATE,
    description="Each city as it is: its profile, its dated membership ledger, its status today.",
    events=(City,),
    producer="registry",
    consumers=from_beginning("registry", "events", "solidarity-needs", "solidarity-matcher", "notify"),
)

MEMBERSHIPS = Topic(
    name="registry-memberships",
    kind=Kind.FACTS,
    description="That a city applied, signed, was admitted or left, each on its day.",
    events=(CityApplied, CitySigned, CityAdmitted, CityLeft),
    producer="registry",
    consumers=from_now("notify"),
)

GROUPS = Topic(
    name="registry-groups",
    kind=Kind.FACTS,
    description="That a working group was formed, changed or closed.",
    events=(WorkingGroupFormed, WorkingGroupChanged, WorkingGroupClosed),
    producer="registry",
    consumers=from_now("notify"),
)

MEETINGS = Topic(
    name="registry-meetings",
    kind=Kind.FACTS,
    description="That a meeting is scheduled, cancelled or was held.",
    events=(MeetingScheduled, MeetingCancelled, MeetingHeld),
    producer="registry",
    consumers=from_now("notify"),
)

DECISIONS = Topic(
    name="registry-decisions",
    kind=Kind.FACTS,
    description="That a decision was taken, fell due, was fulfilled or lapsed.",
    events=(DecisionTaken, DecisionDue, DecisionFulfilled, DecisionLapsed),
    producer="registry",
    consumers=from_now("events", "notify"),
)

INTEGRATORS = Topic(
    name="registry-integrators",
    kind=Kind.STATE,
    description="Each integrator as it is registered: its sources, what it may report, its keys.",
    events=(Integrator,),
    producer="registry",
    consumers=from_beginning("registry", "events", "solidarity-needs", "solidarity-gifts", "notify"),
    partitions=1,
)

REFUSALS = refusals("registry")

TOPICS: tuple[Topic, ...] = (INTAKE, CITIES, MEMBERSHIPS, GROUPS, MEETINGS, DECISIONS, INTEGRATORS, REFUSALS)

__all__ = [
    "CITIES",
    "DECISIONS",
    "GROUPS",
    "INTAKE",
    "INTEGRATORS",
    "MEETINGS",
    "MEMBERSHIPS",
    "REFUSALS",
    "TOPICS",
    "Attendance",
    "Boundary",
    "City",
    "CityAdmitted",
    "CityApplied",
    "CityLeft",
    "CityProfileReported",
    "CitySigned",
    "Decision",
    "DecisionDue",
    "DecisionFact",
    "DecisionFulfilled",
    "DecisionFulfilmentReported",
    "DecisionLapsed",
    "DecisionReported",
    "DecisionTaken",
    "Group",
    "Integrator",
    "LedgerEntry",
    "Meeting",
    "MeetingCancelled",
    "MeetingHeld",
    "MeetingReported",
    "MeetingScheduled",
    "MembershipReported",
    "Owner",
    "Population",
    "Profile",
    "Status",
    "WorkingGroupChanged",
    "WorkingGroupClosed",
    "WorkingGroupFormed",
    "WorkingGroupReported",
    "status_on",
]
