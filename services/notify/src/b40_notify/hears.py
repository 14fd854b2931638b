"""What notify hears: its handlers register here, and what tells people nothing is named."""

from b40_chassis.hears import Hears
from b40_contracts import events, registry, solidarity

hears = Hears(
    "notify",
    ignores=(
        # A candidate is not announced; a group's or meeting's later details are read on pages.
        registry.CityApplied,
        registry.WorkingGroupChanged,
        registry.MeetingHeld,
        # Each invited city hears of its own invitation; confirmations and gates are for the organisers.
        events.TourAnnounced,
        events.StopConfirmed,
        events.GatePassed,
        events.LineUpCompleted,
        events.StopPlayed,
        # A decision tells people nothing before it took effect: StopDated and PlacesGranted follow.
        events.TourDecided,
        events.AllocationSimulated,
        events.AllocationAdopted,
        # The day of a milestone and of a deadline is told when it comes near.
        events.MilestoneSet,
        events.FairIntentDeclared,
        events.DeadlineSet,
        events.DeadlineMet,
        events.DeadlineLifted,
        # A record may turn out void, and its figures are told with the statistics.
        solidarity.RecordPublished,
    ),
)
