"""The season of 2022 runs through the whole platform: what must come out, and what must not change it."""

import json
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from b40_infra.season import Options, Outcome, difference, load, replay
from rich.console import Console

AS_IT_IS = Path(__file__).parent / "season-2022.json"
"""What `make season` writes: its report."""
MAY_DIFFER = {"events.published", "events.duplicates_dropped"}
CITIES_ALLOCATED = 11


@pytest.fixture(scope="module")
async def season(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The season with every event published twice, and each process killed once, in turn, as it works."""
    options = Options(folder=tmp_path_factory.mktemp("season"), twice=True, kill=True)
    return await replay(load("2022"), options, Console(quiet=True))


def test_nothing_is_lost_doubled_or_left(season: Outcome) -> None:
    """Breaks if an event ends nowhere, is announced twice, or the books or the mails do not add up."""
    assert season.faults == []
    assert season.report["events"]["dead"] == 0
    assert season.report["events"]["unprocessed"] == 0
    assert season.report["events"]["refused"] == 0


def test_the_ledger_knows_who_was_a_member_on_a_day(season: Outcome) -> None:
    """25 cities by the sources that name them, nine more since the signing in Sofia on 28 June."""
    assert season.report["membership"]["as_of"] == {"2022-06-20": 25, "2022-10-23": 34}


def test_decisions_are_fulfilled_lapse_and_stay_open(season: Outcome) -> None:
    """The head-counts for WOMEX were never all told: that decision lapses. Two have no day and stay open."""
    assert season.report["decisions"] == {"taken": 11, "fulfilled": 8, "lapsed": 1, "open": 2}


def test_the_lengths_of_the_tour_are_those_computed_by_hand(season: Outcome) -> None:
    """4,619 km in the newsletter's order, 2,266 km at best (great circle, Istanbul first), within 1 %."""
    tour = season.report["tour"]
    assert tour["listing_order_km"] == pytest.approx(4_619, rel=0.01)
    assert tour["shortest_km_without_windows"] == pytest.approx(2_266, rel=0.01)
    assert tour["km"] > tour["shortest_km_without_windows"]


def test_published_dates_do_not_move_when_a_city_joins_late_or_withdraws(season: Outcome) -> None:
    """Sofia came after the dates were published, Nikšić left after them: nobody else's day changed."""
    dates = {city: date.fromisoformat(day) for city, day in season.report["tour"]["dates"].items()}
    assert dates["ROCND"] == date(2022, 7, 16), "the first concert is on the day of its gate"
    assert date(2022, 7, 22) <= dates["BGSOF"] <= date(2022, 7, 25)
    assert "MENIK" not in dates
    days = sorted(dates.values())
    assert all((after - before).days >= 2 for before, after in pairwise(days)), "a rest day between"
    whys = [change["why"] for change in season.report["tour"]["changes"]]
    assert all(whys)
    assert any("nobody else moves" in why for why in whys)
    assert any("repairs" in why for why in whys)


def test_the_registration_is_found_six_days_behind_its_price(season: Outcome) -> None:
    """The newsletter's own plan: registration on 1 September, the Summer Rate until 26 August."""
    assert season.report["plan_conflicts"] == [{"milestone": "registration", "deadline": "summer", "days_late": 6}]
    assert season.report["deadlines"]["approaching"] > 0
    assert season.report["deadlines"]["missed"] > 0


def test_places_by_population_alone_leave_small_cities_none(season: Outcome) -> None:
    """44 places without a floor: Istanbul 36 and Kotor 0; equal shares give four each."""
    allocation = season.report["allocation"]
    assert allocation["places"] == 44
    assert allocation["proportional"]["TRIST"] == 36
    assert allocation["proportional"]["MEKOT"] == 0
    assert set(allocation["equal"].values()) == {4}
    for method in ("equal", "proportional", "degressive"):
        assert sum(allocation[method].values()) == allocation["places"]
        assert len(allocation[method]) == CITIES_ALLOCATED
    assert allocation["adopted"] == "equal"


def test_the_books_of_both_currencies_balance_and_batches_hide_everyone(season: Outcome) -> None:
    """Gifts = waiting + carried + ordered + settled, to the minor unit; never fewer than ten on either side."""
    solidarity = season.report["solidarity"]
    for currency in ("EUR", "TRY"):
        book = dict(solidarity[currency])
        assert book.pop("gifts_minor") == sum(book.values()) > 0
        assert book["settled_minor"] > 0
    assert solidarity["smallest_k"] >= 10
    assert solidarity["batches"] >= 3
    assert solidarity["needs_settled"] > 0


def test_people_are_told_by_mail(season: Outcome) -> None:
    """Each kind of thing that happened reached somebody who had asked for it."""
    notices = season.report["notices"]
    assert notices["sent"] == sum(notices["by_subject"].values())
    assert notices["digests"] > 0
    assert {"membership", "decisions", "tours", "allocations", "fairs", "deadlines", "conflicts", "settlements"} <= set(
        notices["by_subject"]
    )


def test_publishing_everything_twice_and_killing_each_process_once_changes_two_figures(season: Outcome) -> None:
    """The report of `make season`, but for two figures. Breaks if an event has an effect the second time, or if what a
    crash interrupts is lost or done again as something new."""
    as_it_is = json.loads(AS_IT_IS.read_text("utf-8"))
    differs = difference(as_it_is, season.report)
    assert set(differs) == MAY_DIFFER, differs
    assert season.report["events"]["published"] == 2 * as_it_is["events"]["published"]
