"""The handlers of events register here."""

from b40_chassis.hears import Hears
from b40_contracts import events
from b40_contracts.registry import DecisionDue, DecisionFulfilled, DecisionLapsed

hears = Hears(
    "events",
    ignores=(
        # Of the registry's decisions only that they were taken matters here: their due day stands in the calendar.
        DecisionDue,
        DecisionFulfilled,
        DecisionLapsed,
        # Of what it says itself only its decisions are heard again: they take effect when read back.
        events.TourAnnounced,
        events.StopInvited,
        events.StopConfirmed,
        events.GatePassed,
        events.StopDated,
        events.StopMoved,
        events.StopUnschedulable,
        events.StopWithdrawn,
        events.LineUpCompleted,
        events.LineUpIncomplete,
        events.StopPlayed,
        events.AllocationSimulated,
        events.PlacesGranted,
        # Its own states: their versions are enough, which the frame keeps.
        events.CalendarEntry,
    ),
)
