"""A tour on real Kafka and PostgreSQL: from its announcement to its concerts."""

from datetime import date

from b40_contracts.events import (
    GatePassed,
    LineUpCompleted,
    LineUpIncomplete,
    StopConfirmed,
    StopDated,
    StopInvited,
    StopMoved,
    StopPlayed,
    StopPlayReported,
    StopUnschedulable,
    StopWithdrawalReported,
    StopWithdrawn,
    TourAnnounced,
    TourDecided,
)
from b40_contracts.registry import Status

from tests.events.given import BUS, TOUR, city, confirmation, days, line_up, state, tell
from tests.events.places import LISTED, SHORTEST
from tests.support.stage import Stage

DATES_GATE = "2022-07-06T21:00:00"
"""Midnight of 7 July in Istanbul."""


async def published_tour(stage: Stage) -> dict[str, date]:
    """All ten cities confirm for any day, and dates are decided. Returns the day of each stop."""
    await tell(stage, [TOUR, *(confirmation(code) for code in LISTED)], "2022-06-27")
    await days(stage, "2022-07-01", DATES_GATE)
    return {dated.city: dated.on for dated in stage.said(StopDated)}


async def test_a_tour_is_announced_its_cities_invited_and_its_dates_decided_when_the_gate_opens(stage: Stage) -> None:
    """The whole way once: report, decision, read back, dates. Breaks if a decision takes effect unheard or twice."""
    await tell(stage, [TOUR, *(confirmation(code) for code in LISTED)], "2022-06-27")
    assert [tour.tour for tour in stage.said(TourAnnounced)] == [BUS]
    assert [invited.city for invited in stage.said(StopInvited)] == list(LISTED)
    assert {confirmed.city for confirmed in stage.said(StopConfirmed)} == set(LISTED)
    await days(stage, "2022-07-01", "2022-07-06T20:59:00")
    assert stage.said(TourDecided) == []
    await days(stage, DATES_GATE)
    [decision] = stage.said(TourDecided)
    assert tuple(stop.city for stop in decision.stops) == SHORTEST
    assert (decision.number, decision.listing_order_km, decision.shortest_km_without_windows) == (1, 4618.7, 2266.5)
    assert {dated.city: dated.on for dated in stage.said(StopDated)} == {stop.city: stop.on for stop in decision.stops}
    assert [passed.gate for passed in stage.said(GatePassed)] == ["cities", "dates"]


async def test_a_late_joiner_and_a_withdrawal_move_nobody(stage: Stage) -> None:
    """INVARIANT: published dates do not move; each change says why; changes of one day are decided together."""
    published = await published_tour(stage)
    await state(stage, city("BGSOF"))
    await stage.quiet()
    gone = StopWithdrawalReported(tour=BUS, city="MENIK", why="The stage is closed.")
    joins = confirmation("BGSOF", (date(2022, 7, 20), date(2022, 8, 20)))
    await tell(stage, [gone, joins], "2022-07-10")
    assert [confirmed.city for confirmed in stage.said(StopConfirmed) if confirmed.late] == ["BGSOF"]
    assert [(left.city, left.on) for left in stage.said(StopWithdrawn)] == [("MENIK", published["MENIK"])]
    await days(stage, "2022-07-10T21:00:00")
    second = stage.said(TourDecided)[1]
    kept = {stop.city: stop.on for stop in second.stops if stop.city != "BGSOF"}
    assert kept == {code: day for code, day in published.items() if code != "MENIK"}
    assert [(change.city, change.kind) for change in second.changes] == [("MENIK", "withdrawn"), ("BGSOF", "joined")]
    assert all(change.why for change in second.changes)
    assert stage.said(StopMoved) == []


async def test_a_city_that_cannot_keep_its_day_moves_and_one_without_a_day_is_told_why(stage: Stage) -> None:
    published = await published_tour(stage)
    other = confirmation("GRATH", (date(2022, 8, 20), date(2022, 8, 25)))
    none = confirmation("MEKOT", (date(2022, 12, 1), date(2022, 12, 5)))
    await tell(stage, [other, none], "2022-07-08")
    await days(stage, "2022-07-08T21:00:00")
    [moved] = stage.said(StopMoved)
    assert (moved.city, moved.before, moved.on) == ("GRATH", published["GRATH"], date(2022, 8, 20))
    [unschedulable] = stage.said(StopUnschedulable)
    assert unschedulable.why == "No window of Kotor has a day from 2022-07-16 to 2022-09-30."
    assert stage.refusals() == []


async def test_concerts_begin_when_their_gate_is_passed_and_only_on_their_day(stage: Stage) -> None:
    """Breaks if a gate does not block the next phase."""
    published = await published_tour(stage)
    first = StopPlayReported(tour=BUS, city="ROCND", on=published["ROCND"], visitors=1200)
    await days(stage, "2022-07-15T21:00:00")
    await tell(stage, [first], "2022-07-16T19:00:00")
    assert [refused.reason for refused in stage.refusals()] == ["gate-closed"]
    await tell(stage, [line_up("ROCND", "ROCND"), line_up("TRCKZ", "TRCKZ", "TRIST")], "2022-07-16T19:30:00")
    assert [(line.city, line.missing) for line in stage.said(LineUpIncomplete)][-1] == ("ROCND", ("guest",))
    assert [line.city for line in stage.said(LineUpCompleted)] == ["TRCKZ"]
    assert [passed.gate for passed in stage.said(GatePassed)] == ["cities", "dates", "concerts"]
    other_day = StopPlayReported(tour=BUS, city="TRCKZ", on=date(2022, 7, 16))
    await tell(stage, [first, other_day], "2022-07-16T20:00:00")
    assert [played.city for played in stage.said(StopPlayed)] == ["ROCND"]
    assert [refused.reason for refused in stage.refusals()] == ["gate-closed", "not-its-day"]


async def test_a_line_up_that_lacks_something_is_asked_for_a_week_before(stage: Stage) -> None:
    published = await published_tour(stage)
    await tell(stage, [line_up("TRCKZ", "TRCKZ", "GRATH")], "2022-07-07")
    await days(stage, "2022-07-12")
    asked = [line.city for line in stage.said(LineUpIncomplete)]
    assert "ROCND" in asked
    assert "TRCKZ" not in asked
    assert (published["ROCND"], published["TRCKZ"]) == (date(2022, 7, 16), date(2022, 7, 18))


async def test_a_city_that_joins_the_network_is_invited_to_the_running_tour_whichever_comes_first(stage: Stage) -> None:
    """Breaks if the invitation depends on the order between the registry's topic and the intake."""
    await state(stage, city("BGSOF", Status.ACTIVE, date(2022, 6, 28)), time="2022-06-28")
    await tell(stage, [TOUR, TOUR.model_copy(update={"tour": "winter-bus-2022"})], "2022-06-27")
    invited = [(each.tour, each.city) for each in stage.said(StopInvited) if each.city == "BGSOF"]
    assert sorted(invited) == [(BUS, "BGSOF"), ("winter-bus-2022", "BGSOF")]
    await state(stage, city("BGSOF", Status.LEFT, date(2022, 7, 2)), time="2022-07-02")
    await stage.quiet()
    left = [(each.tour, each.why) for each in stage.said(StopWithdrawn)]
    assert left == [(BUS, "It left the network."), ("winter-bus-2022", "It left the network.")]
    later = TOUR.model_copy(update={"tour": "spring-bus-2022"})
    await tell(stage, [later], "2022-07-03")
    assert ("spring-bus-2022", "BGSOF") not in [(each.tour, each.city) for each in stage.said(StopInvited)]


async def test_a_confirmation_waits_for_its_city_and_a_tour_for_all_of_its_cities(stage: Stage) -> None:
    listed = TOUR.model_copy(update={"cities": (*LISTED, "BGSOF")})
    await tell(stage, [listed, confirmation("BGSOF")], "2022-06-27")
    assert stage.said(TourAnnounced) == []
    await state(stage, city("BGSOF"))
    await stage.quiet()
    assert [confirmed.city for confirmed in stage.said(StopConfirmed)] == ["BGSOF"]
    assert stage.refusals() == []


async def test_what_cannot_be_is_refused_with_a_reason_that_names_the_field(stage: Stage) -> None:
    await state(stage, city("BGSOF", Status.SIGNED, date(2022, 6, 28)))
    await tell(stage, [confirmation("GRATH")], "2022-06-26")
    await tell(stage, [TOUR], "2022-06-27")
    await tell(
        stage,
        [
            TOUR.model_copy(update={"rest_days": 3}),
            confirmation("TRIST"),
            confirmation("BGSOF"),
            StopWithdrawalReported(tour=BUS, city="BGSOF", why="It rains."),
        ],
        "2022-06-28",
    )
    assert [(refused.reason, refused.detail.partition(":")[0]) for refused in stage.refusals()] == [
        ("unknown-tour", "tour"),
        ("tour-known", "tour"),
        ("start-city", "city"),
        ("not-a-member", "city"),
        ("unknown-stop", "city"),
    ]


async def test_without_a_confirmation_the_gates_stay_closed_until_there_is_one(stage: Stage) -> None:
    """Breaks if dates are decided for nobody, or a closed gate is forgotten."""
    await tell(stage, [TOUR], "2022-06-27")
    await days(stage, "2022-07-02", "2022-07-08")
    assert stage.said(TourDecided) == []
    await tell(stage, [confirmation("GRATH")], "2022-07-09T08:00:00")
    assert [passed.gate for passed in stage.said(GatePassed)] == ["cities"]
    await days(stage, "2022-07-10")
    assert [dated.city for dated in stage.said(StopDated)] == ["GRATH"]
    assert [passed.gate for passed in stage.said(GatePassed)] == ["cities", "dates"]
