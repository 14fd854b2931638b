"""Decisions take effect when they are read back: whole or not at all, and also where nothing else is known yet."""

from datetime import UTC, date, datetime

from b40_contracts.events import (
    AllocationAdopted,
    AllocationAdoptionReported,
    DatedStop,
    PlacesGranted,
    StopDated,
    TourChange,
    TourDecided,
)

from tests.events.given import BUS, PLACES_TO_SHARE, SUMMIT, TOUR, confirmation, days, tell
from tests.events.places import ISTANBUL
from tests.support.stage import Stage

DUE = datetime(2022, 7, 6, 21, tzinfo=UTC)


def decision(number: int, city: str, on: date, due: datetime = DUE) -> TourDecided:
    return TourDecided(
        tour=BUS,
        number=number,
        due=due,
        start=ISTANBUL,
        stops=(DatedStop(city=city, on=on, km=100),),
        changes=(TourChange(city=city, kind="dated", on=on, why="It was decided."),),
        km=100,
        listing_order_km=100,
        shortest_km_without_windows=100,
    )


async def test_a_decision_whose_tour_is_not_known_yet_is_entered_from_it_and_the_tour_finds_itself_decided(
    stage: Stage,
) -> None:
    """A restored database hears its own decisions before the reports. Breaks if the dates are then decided anew."""
    await tell(stage, [decision(1, "GRATH", date(2022, 7, 16))], "2022-07-06T21:00:00")
    await tell(stage, [TOUR, confirmation("GRATH")], "2022-06-27")
    await days(stage, "2022-07-10")
    assert [(dated.city, dated.on) for dated in stage.said(StopDated)] == [("GRATH", date(2022, 7, 16))]
    assert len(stage.said(TourDecided)) == 1
    [stop] = await stage.query("events", "SELECT status, \"on\" FROM stop WHERE city = 'GRATH'")
    assert (stop["status"], stop["on"]) == ("dated", date(2022, 7, 16))
    [entry] = await stage.query("events", "SELECT entry FROM calendar_entry WHERE entry LIKE 'concert-%'")
    assert entry["entry"] == f"concert-{BUS}-grath"


async def test_a_service_that_dies_while_dates_are_decided_decides_them_once(stage: Stage) -> None:
    """Breaks if the work is lost with the process, or a tour stays in decision for ever."""
    await tell(stage, [TOUR, confirmation("GRATH")], "2022-06-27")
    await stage.tick("2022-07-07")
    await stage.stop("events")
    await stage.start("events")
    await stage.quiet()
    await tell(stage, [confirmation("GRATH"), confirmation("ROCND")], "2022-07-07")
    await days(stage, "2022-07-09")
    assert [(each.number, len(each.stops)) for each in stage.said(TourDecided)] == [(1, 1), (2, 2)]
    assert {dated.city: dated.on for dated in stage.said(StopDated)} == {
        "GRATH": date(2022, 7, 16),
        "ROCND": date(2022, 7, 18),
    }


async def test_a_decision_whose_number_is_not_the_next_is_void(stage: Stage) -> None:
    """INVARIANT: one line of decisions per tour. Breaks if a frozen copy's late decision overwrites dates."""
    await tell(stage, [TOUR, confirmation("GRATH"), decision(2, "GRATH", date(2022, 7, 30))], "2022-06-27")
    assert stage.said(StopDated) == []
    await days(stage, "2022-07-07")
    [dated] = stage.said(StopDated)
    assert (dated.city, dated.on) == ("GRATH", date(2022, 7, 16))
    again = decision(1, "GRATH", date(2022, 7, 30))
    await tell(stage, [again], "2022-07-08")
    assert len(stage.said(StopDated)) == 1


async def test_places_granted_before_the_meeting_is_known_are_not_decided_again(stage: Stage) -> None:
    adopted = AllocationAdopted(
        summit=SUMMIT,
        number=1,
        due=datetime(2022, 7, 15, tzinfo=UTC),
        names={"en": "Summit"},
        method="equal",
        places=2,
        floor=0,
        result={"GRATH": 2},
        digest="0" * 64,
    )
    await tell(stage, [adopted], "2022-07-15")
    await tell(stage, [PLACES_TO_SHARE], "2022-07-01")
    await tell(stage, [AllocationAdoptionReported(summit=SUMMIT, method="equal")], "2022-07-15")
    assert [(granted.city, granted.places) for granted in stage.said(PlacesGranted)] == [("GRATH", 2)]
    assert stage.refusals() == []
