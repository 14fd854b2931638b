"""What is decided about a tour: dates, what stays, what changes, and why."""

from datetime import UTC, date, datetime
from itertools import pairwise

from b40_contracts.events import Window
from b40_events.tour import Dates, StopToDate, TourToDecide, Withdrawal, decide, suits

from tests.events.places import ISTANBUL, LISTED, NAMES, PLACES, SHORTEST


def tour(stops: tuple[StopToDate, ...], **other: object) -> TourToDecide:
    values: dict[str, object] = {
        "tour": "festival-bus-2022",
        "number": 1,
        "due": datetime(2022, 7, 6, 21, tzinfo=UTC),
        "start": ISTANBUL,
        "listed": LISTED,
        "names": NAMES,
        "places": PLACES,
        "earliest": date(2022, 7, 16),
        "last": date(2022, 9, 30),
        "rest_days": 1,
        "stops": stops,
    }
    return TourToDecide.model_validate(values | other)


def window(first: date, last: date) -> tuple[Window, ...]:
    return (Window(first=first, last=last),)


def days(dates: Dates) -> dict[str, date]:
    return {stop.city: stop.on for stop in dates.stops}


def published(dates: Dates) -> tuple[StopToDate, ...]:
    return tuple(StopToDate(city=stop.city, on=stop.on) for stop in dates.stops)


def first_decision() -> Dates:
    return decide(tour(tuple(StopToDate(city=city) for city in LISTED)))


def test_without_windows_the_tour_is_the_shortest_path_with_a_day_of_rest_between_shows() -> None:
    dates = first_decision()
    assert tuple(stop.city for stop in dates.stops) == SHORTEST
    assert (dates.km, dates.listing_order_km, dates.shortest_km_without_windows) == (2266.5, 4618.7, 2266.5)
    assert dates.stops[0].on == date(2022, 7, 16)
    assert all((later.on - earlier.on).days == 2 for earlier, later in pairwise(dates.stops))


def test_every_change_of_the_first_decision_says_why() -> None:
    dates = first_decision()
    assert [change.kind for change in dates.changes] == ["dated"] * 10
    assert dates.changes[1].why == (
        "The shortest route that suits all windows comes to Çanakkale after Constanța and before Athens."
    )


def test_windows_are_kept_and_cost_kilometres() -> None:
    early = window(date(2022, 7, 16), date(2022, 7, 17))
    stops = tuple(StopToDate(city=city, windows=early if city == "BASJJ" else ()) for city in LISTED)
    dates = decide(tour(stops))
    assert days(dates)["BASJJ"] == date(2022, 7, 16)
    assert dates.km > dates.shortest_km_without_windows


def test_a_late_joiner_moves_nobody_and_is_told_where_it_fits() -> None:
    """INVARIANT: published dates do not move. Breaks if the tour is solved from scratch."""
    first = first_decision()
    late = StopToDate(city="BGSOF", windows=window(date(2022, 7, 20), date(2022, 8, 31)))
    second = decide(tour((*published(first), late), number=2, earliest=date(2022, 7, 16)))
    assert days(first).items() <= days(second).items()
    [change] = second.changes
    assert (change.city, change.kind) == ("BGSOF", "joined")
    assert change.why.startswith("Sofia joined after dates were published: after ")
    assert change.why.endswith("nobody else moves.")


def test_a_late_joiner_takes_the_day_that_a_withdrawal_left_free() -> None:
    first = first_decision()
    left = tuple(stop for stop in published(first) if stop.city != "XKPRN")
    late = StopToDate(city="BGSOF", windows=window(date(2022, 7, 20), date(2022, 7, 30)))
    gone = Withdrawal(city="XKPRN", on=days(first)["XKPRN"], why="The stage is not available.")
    second = decide(tour((*left, late), number=2, withdrawals=(gone,)))
    assert days(second)["BGSOF"] == days(first)["XKPRN"]
    assert [change.kind for change in second.changes] == ["withdrawn", "joined"]
    assert second.changes[0].why == "The stage is not available. The others keep their days."


def test_a_city_that_cannot_keep_its_day_moves_alone() -> None:
    first = first_decision()
    stops = tuple(
        stop.model_copy(update={"windows": window(date(2022, 8, 10), date(2022, 8, 20))})
        if stop.city == "GRATH"
        else stop
        for stop in published(first)
    )
    second = decide(tour(stops, number=2))
    [change] = second.changes
    assert (change.city, change.kind, change.before, change.on) == (
        "GRATH",
        "moved",
        days(first)["GRATH"],
        date(2022, 8, 10),
    )
    others = {city: day for city, day in days(second).items() if city != "GRATH"}
    assert others.items() <= days(first).items()


def test_a_window_outside_the_tour_is_named_as_the_reason() -> None:
    stops = (StopToDate(city="GRATH"), StopToDate(city="MEKOT", windows=window(date(2022, 12, 1), date(2022, 12, 9))))
    dates = decide(tour(stops))
    assert dates.unschedulable == ("MEKOT",)
    assert dates.changes[-1].why == "No window of Kotor has a day from 2022-07-16 to 2022-09-30."


def test_a_window_next_to_a_published_day_is_named_as_the_reason() -> None:
    stops = (
        StopToDate(city="GRATH", on=date(2022, 7, 20)),
        StopToDate(city="MEKOT", windows=window(date(2022, 7, 19), date(2022, 7, 21))),
    )
    [change] = decide(tour(stops, number=2)).changes
    assert change.kind == "unschedulable"
    assert change.why == (
        "Every day that suits Kotor is taken by, or too near to, Athens; 1 day must lie between two shows."
    )


def test_windows_that_contradict_each_other_leave_one_out_and_say_so() -> None:
    same = window(date(2022, 7, 20), date(2022, 7, 20))
    dates = decide(tour((StopToDate(city="GRATH", windows=same), StopToDate(city="MEKOT", windows=same))))
    assert [stop.city for stop in dates.stops] == ["GRATH"], "the nearer one is served"
    assert dates.changes[-1].why == (
        "The windows of Kotor and of the others leave no day for all of them; 1 day must lie between two shows."
    )


def test_nothing_is_dated_before_the_earliest_day() -> None:
    dates = decide(tour((StopToDate(city="GRATH"),), earliest=date(2022, 8, 3)))
    assert days(dates) == {"GRATH": date(2022, 8, 3)}


def test_a_day_suits_if_it_lies_in_a_window_or_there_is_none() -> None:
    day = date(2022, 7, 20)
    assert suits(day, ())
    assert suits(day, window(day, day))
    assert not suits(day, window(date(2022, 7, 21), date(2022, 7, 22)))
