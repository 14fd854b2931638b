"""Sharing places: the season's figures, the laws that hold for any input, and ties."""

import pytest
from b40_events.apportionment import METHODS, Sharing, degressive, digest, equal, proportional, side_by_side
from hypothesis import given
from hypothesis import strategies as st

from tests.events.places import POPULATIONS

SEASON = Sharing("youth-summit-2022", 44, POPULATIONS)


def test_proportional_places_of_2022_without_floor_give_istanbul_36_and_kotor_none() -> None:
    result = proportional(SEASON)
    assert (result["TRIST"], result["MEKOT"], result["MENIK"], result["TRCKZ"]) == (36, 0, 0, 0)


def test_equal_places_of_2022_are_four_each() -> None:
    assert set(equal(SEASON).values()) == {4}


def test_degressive_places_of_2022_without_floor_give_istanbul_19_and_kotor_none() -> None:
    result = degressive(SEASON)
    assert (result["TRIST"], result["MEKOT"]) == (19, 0)


def test_a_floor_and_a_cap_bound_every_method() -> None:
    bounded = Sharing("youth-summit-2022", 44, POPULATIONS, floor=2, cap=8)
    for result in side_by_side(bounded).values():
        assert sum(result.values()) == 44
        assert min(result.values()) >= 2
        assert max(result.values()) <= 8
    assert proportional(bounded)["TRIST"] == 8
    assert proportional(bounded)["MEKOT"] == 2


@st.composite
def sharings(draw: st.DrawFn) -> Sharing:
    cities = draw(st.lists(st.sampled_from("ABCDEFGH"), min_size=1, max_size=8, unique=True))
    populations = {city: draw(st.integers(0, 2_000_000) | st.sampled_from([0, 1, 1000])) for city in cities}
    floor = draw(st.integers(0, 3))
    places = draw(st.integers(max(1, floor * len(cities)), 60))
    cap = draw(st.none() | st.integers(max(1, floor, -(-places // len(cities))), 60))
    return Sharing("meeting", places, populations, floor, cap)


@given(sharings(), st.sampled_from(sorted(METHODS)))
def test_every_place_is_given_and_none_beyond_floor_or_cap(sharing: Sharing, method: str) -> None:
    result = METHODS[method](sharing)
    assert sum(result.values()) == sharing.places
    assert set(result) == set(sharing.populations)
    assert all(sharing.floor <= places <= sharing.most for places in result.values())


@given(sharings(), st.sampled_from(sorted(METHODS)))
def test_the_order_of_the_input_never_matters(sharing: Sharing, method: str) -> None:
    turned = dict(sorted(sharing.populations.items(), reverse=True))
    again = Sharing(sharing.meeting, sharing.places, turned, sharing.floor, sharing.cap)
    assert METHODS[method](again) == METHODS[method](sharing)


@given(sharings(), st.sampled_from(sorted(METHODS)))
def test_a_larger_city_never_gets_less(sharing: Sharing, method: str) -> None:
    result = METHODS[method](sharing)
    ordered = sorted(sharing.populations, key=lambda city: (max(1, sharing.populations[city]), result[city]))
    strictly = [city for city in ordered if sharing.weight(city)]
    for smaller in strictly:
        for larger in strictly:
            if sharing.weight(smaller) < sharing.weight(larger):
                assert result[smaller] <= result[larger]


@given(sharings())
def test_proportional_without_bounds_stays_within_one_of_the_quota(sharing: Sharing) -> None:
    free = Sharing(sharing.meeting, sharing.places, sharing.populations)
    total = sum(free.weight(city) for city in free.populations)
    for city, places in proportional(free).items():
        assert abs(places - free.places * free.weight(city) / total) < 1


def test_a_tie_between_equal_cities_falls_by_lot_and_not_by_alphabet() -> None:
    """Breaks if a tie goes to whoever comes first: over many meetings both must win."""
    winners = {
        max(proportional(Sharing(f"meeting-{number}", 1, {"A": 5, "B": 5})).items(), key=lambda entry: entry[1])[0]
        for number in range(20)
    }
    assert winners == {"A", "B"}


@pytest.mark.parametrize("change", [{"places": 45}, {"floor": 1}, {"cap": 40}, {"meeting": "other"}])
def test_the_digest_changes_with_whatever_the_result_rests_on(change: dict[str, object]) -> None:
    values: dict[str, object] = {"meeting": "m", "places": 44, "populations": POPULATIONS, "floor": 0, "cap": None}
    result = equal(SEASON)
    one = Sharing(**values)  # type: ignore[arg-type]
    other = Sharing(**(values | change))  # type: ignore[arg-type]
    assert digest(one, "equal", result) != digest(other, "equal", result)
