"""Statistics with disclosure control: what is of a few people is withheld, and does not follow from the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import pytest
from b40_contracts.solidarity import StatisticsCell, StatisticsPublished
from b40_solidarity import open_data, statistics
from b40_solidarity.disclosure import Cell
from b40_solidarity.statistics import Figure
from hypothesis import given, settings
from hypothesis import strategies as st

K = 5
CITIES, KINDS = ("TRIST", "GRATH", "BGSOF"), ("water-bill", "gas-bill", "family")
Batches = Sequence[tuple[str, str, Figure]]


def figure(needs: int, *, households: int | None = None, payers: int = 20, largest: int | None = None) -> Figure:
    """So many needs of 100.00 each, by default one of each household."""
    return Figure(
        k=K,
        needs=needs,
        settled_minor=needs * 10_000,
        spent_minor=needs * 10_000,
        households=needs if households is None else households,
        payers=payers,
        largest_household_minor=10_000 if largest is None else largest,
        largest_payer_minor=0,
    )


def table(*rows: Sequence[int]) -> Batches:
    """A row a city, a column a kind."""
    return [
        (CITIES[row], KINDS[column], figure(needs))
        for row, values in enumerate(rows)
        for column, needs in enumerate(values)
    ]


def published(batches: Batches) -> dict[Cell, StatisticsCell]:
    return {(cell.area, cell.kind): cell for cell in statistics.cells(batches)}


def hidden(batches: Batches) -> set[Cell]:
    return {cell for cell, of in published(batches).items() if of.needs is None}


def ranges(true: Mapping[Cell, int], withheld: set[Cell], cell: Cell) -> tuple[int, int]:
    """The least and the most that a withheld figure may be, by trying all tables that fit what an attacker knows:

    all other figures and the total, exactly, and that no figure is below zero. Shares no code with what is tested.
    """
    inner = {each: needs for each, needs in true.items() if None not in each}
    told = {each: needs for each, needs in inner.items() if each not in withheld}
    sums = {each: needs for each, needs in true.items() if None in each and each not in withheld}
    sums[None, None] = sum(inner.values())
    unknown, margins = sorted(inner.keys() - told.keys()), list(sums)

    @cache
    def extremes(place: int, left: tuple[int, ...]) -> tuple[int, int] | None:
        """The least and most that the unknown figures from ``place`` on may add to the one that is asked for."""
        if place == len(unknown):
            return None if any(left) else (0, 0)
        over = [_covers(margin, unknown[place]) for margin in margins]
        found = []
        for needs in range(min(of for of, its in zip(left, over, strict=True) if its) + 1):
            rest = extremes(place + 1, tuple(of - needs * its for of, its in zip(left, over, strict=True)))
            if rest is not None:
                own = needs * _covers(cell, unknown[place])
                found.append((rest[0] + own, rest[1] + own))
        return (min(least for least, _ in found), max(most for _, most in found)) if found else None

    between = extremes(0, tuple(needs - _value(told, margin) for margin, needs in sums.items()))
    assert between is not None, "the true table fits"
    known = _value(told, cell)
    return between[0] + known, between[1] + known


def _covers(margin: Cell, cell: Cell) -> bool:
    return all(of is None or of == its for of, its in zip(margin, cell, strict=True))


def _value(filled: Mapping[Cell, int], cell: Cell) -> int:
    return sum(needs for each, needs in filled.items() if _covers(cell, each))


def needs_of(batches: Batches) -> dict[Cell, int]:
    return {cell: figure.needs for cell, figure in statistics.with_margins(batches).items()}


SMALL = st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=3), min_size=2, max_size=2).filter(
    lambda rows: len({len(row) for row in rows}) == 1
)


@settings(max_examples=40)
@given(SMALL)
def test_every_sensitive_figure_lies_in_a_range_as_wide_as_k(rows: list[list[int]]) -> None:
    """INVARIANT: from all that is published, and the record's total, no figure below k follows."""
    batches = table(*rows)
    withheld, true = hidden(batches), needs_of(batches)
    if withheld == set(true):
        return
    for cell, needs in true.items():
        if 0 < needs < K:
            assert cell in withheld
            least, most = ranges(true, withheld, cell)
            assert least <= needs <= most
            assert most - least >= K


def test_a_figure_below_k_takes_others_with_it() -> None:
    """Breaks if it alone is withheld: it is the row's sum less the others."""
    batches = table((3, 6, 9), (7, 8, 9), (9, 9, 9))
    withheld = hidden(batches)
    assert ("TRIST", "water-bill") in withheld
    assert 4 <= len(withheld) < 12
    least, most = ranges(needs_of(batches), withheld, ("TRIST", "water-bill"))
    assert most - least >= K


def test_what_is_withheld_does_not_follow_from_the_records_sum() -> None:
    """Breaks if the total, which the record states, is taken as unknown: two kinds in one city, one of them small."""
    assert hidden(table((3, 20))) == set(needs_of(table((3, 20)))) - {("TRIST", None)}


def test_without_anything_sensitive_nothing_is_withheld() -> None:
    assert hidden(table((5, 20), (20, 40))) == set()


@pytest.mark.parametrize(
    "one",
    [
        figure(20, households=4),
        figure(20, payers=4),
        figure(20, largest=100_001),
        replace(figure(20), largest_payer_minor=100_001),
    ],
)
def test_few_parties_and_one_that_has_more_than_half_are_sensitive(one: Figure) -> None:
    assert one.is_sensitive
    assert not figure(20, largest=100_000).is_sensitive
    batches = [("TRIST", "water-bill", one), *table((0, 30), (30, 40), (50, 60))]
    assert ("TRIST", "water-bill") in hidden(batches)


def test_parties_of_several_batches_may_be_the_same() -> None:
    """Breaks if two batches of three households each pass for six: they may be the same three."""
    of_three = figure(10, households=3)
    assert statistics.together([of_three, of_three]).is_sensitive


def test_figures_are_rounded_by_themselves_alone() -> None:
    """Breaks if what is said again differs: the difference of two roundings of one figure tells it."""
    (cell, *_) = statistics.cells([("TRIST", "water-bill", replace(figure(23), settled_minor=229_999))])
    assert (cell.needs, cell.settled_minor) == (20, 229_500)
    assert statistics.cells(table((9, 20), (20, 40))) == statistics.cells(list(reversed(table((9, 20), (20, 40)))))


def test_a_figure_of_nothing_is_not_told() -> None:
    assert published(table((0, 20))).keys() == {
        ("TRIST", "gas-bill"),
        ("TRIST", None),
        (None, "gas-bill"),
    }


@pytest.mark.parametrize("cities", [12])
def test_a_large_table_with_small_figures_keeps_most_of_it(cities: int) -> None:
    """Breaks if one small figure takes the whole table with it."""
    batches = [(f"TRA{chr(65 + row)}A", kind, figure(40 + row)) for row in range(cities) for kind in KINDS]
    batches[0] = (*batches[0][:2], figure(3))
    assert 4 <= len(hidden(batches)) <= 6


def week(name: str, *cells: StatisticsCell) -> StatisticsPublished:
    return StatisticsPublished(currency="TRY", week=name, needs_settled=0, settled_minor=0, cells=cells)


def cell(area: str | None, kind: str | None, needs: int | None) -> StatisticsCell:
    content = {"area": area, "kind": kind, "needs": needs, "settled_minor": None if needs is None else needs * 100}
    return StatisticsCell.model_validate(content)


PUBLISHED = (
    week("2022-w27", cell("TRIST", "water-bill", 10), cell("TRANK", "water-bill", 5), cell("TRIST", None, 15)),
    week("2022-w28", cell("TRIST", "water-bill", None), cell("GRATH", "family", 20), cell(None, "family", 20)),
    week("2022-w40", cell("TRIST", "water-bill", 40)),
)


def test_open_data_are_sums_of_what_was_published() -> None:
    """Breaks if a quarter is counted anew: less the weeks it would tell what these withheld."""
    rows = open_data.quarters(PUBLISHED)
    assert [tuple(row.model_dump().values()) for row in rows] == [
        ("2022-q3", "GR", "family", "TRY", 20, 2_000, 0),
        ("2022-q3", "TR", "water-bill", "TRY", 15, 1_500, 1),
    ]


def test_open_data_come_as_csv_with_a_dictionary_of_every_field() -> None:
    lines = open_data.as_csv(open_data.quarters(PUBLISHED)).splitlines()
    assert lines[0] == "quarter,country,kind,currency,needs_settled,settled_minor,withheld"
    assert lines[2] == "2022-q3,TR,water-bill,TRY,15,1500,1"
    assert [field["name"] for field in open_data.dictionary()] == lines[0].split(",")
    assert all(field["description"] for field in open_data.dictionary())


def test_a_week_lies_in_the_quarter_of_its_thursday() -> None:
    assert [open_data.quarter_of(name) for name in ("2020-w53", "2022-w13", "2022-w14")] == [
        "2020-q4",
        "2022-q1",
        "2022-q2",
    ]
    assert (open_data.country_of("XKPRN"), open_data.country_of("network")) == ("XK", "network")
