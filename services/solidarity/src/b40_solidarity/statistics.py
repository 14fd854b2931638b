"""The statistics of a week: needs settled by area and kind, coarsely, and nothing that tells of a few people.

A figure is sensitive if it is of fewer than k households or payers, or if one of them has more than half of it. What
is published is rounded down, always the same way, so that saying it again says nothing new. Anything over longer
times is summed from what was published, never counted anew, so that no difference of two figures tells more.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from b40_contracts.solidarity import Rooted, StatisticsCell, SupportKind

from b40_solidarity.disclosure import TOTAL, Cell, Table, withheld

NEEDS_ROUNDING = 5
MINOR_ROUNDING = 500
NEEDS, MINOR = "needs", "settled_minor"


@dataclass(frozen=True, slots=True)
class Figure:
    """What batches came to. ``households`` and ``payers`` are the fewest there can be, the largest shares the most."""

    k: int
    needs: int
    settled_minor: int
    spent_minor: int
    households: int
    payers: int
    largest_household_minor: int
    largest_payer_minor: int

    @property
    def is_sensitive(self) -> bool:
        """Whether it could tell of a few people."""
        few = min(self.households, self.payers) < self.k
        return few or 2 * self.largest_household_minor > self.settled_minor or self._one_payer_dominates

    @property
    def _one_payer_dominates(self) -> bool:
        return 2 * self.largest_payer_minor > self.spent_minor


@dataclass(frozen=True, slots=True)
class Booked:
    """What the matcher's books say of a final batch, by its ids on both sides."""

    needs_batch: UUID
    gifts_batch: UUID
    area: str
    kind: str
    k: int
    needs_settled: int
    spent_minor: int
    settled_minor: int


def figures_of(batches: Sequence[Booked], gifts: Rooted, needs: Rooted) -> list[tuple[str, str, Figure]]:
    """The figures of these batches, with what each side says of its parties; those that settled nothing drop."""
    of_gifts = {cleared.batch: cleared for cleared in gifts.batches}
    of_needs = {cleared.batch: cleared for cleared in needs.batches}
    figures = []
    for batch in batches:
        if batch.needs_settled:
            gave, received = of_gifts[batch.gifts_batch], of_needs[batch.needs_batch]
            figure = Figure(
                k=batch.k,
                needs=batch.needs_settled,
                settled_minor=batch.settled_minor,
                spent_minor=batch.spent_minor,
                households=received.parties,
                payers=gave.parties,
                largest_household_minor=received.largest_minor,
                largest_payer_minor=gave.largest_minor,
            )
            figures.append((batch.area, batch.kind, figure))
    return figures


def together(figures: Sequence[Figure]) -> Figure:
    """The figure over these. Parties of one may be those of another, so that the most that one has counts."""
    return Figure(
        k=max(figure.k for figure in figures),
        needs=sum(figure.needs for figure in figures),
        settled_minor=sum(figure.settled_minor for figure in figures),
        spent_minor=sum(figure.spent_minor for figure in figures),
        households=max(figure.households for figure in figures),
        payers=max(figure.payers for figure in figures),
        largest_household_minor=sum(figure.largest_household_minor for figure in figures),
        largest_payer_minor=sum(figure.largest_payer_minor for figure in figures),
    )


def cells(batches: Sequence[tuple[str, str, Figure]]) -> tuple[StatisticsCell, ...]:
    """What is published of these batches, each with its area and kind: by area and kind, by area, by kind."""
    figures = with_margins(batches)
    chosen = withheld(_tables(figures), wanted(figures))
    hidden = figures.keys() if chosen is None else chosen
    return tuple(_cell(cell, None if cell in hidden else figures[cell]) for cell in sorted(figures, key=_place))


def with_margins(batches: Sequence[tuple[str, str, Figure]]) -> dict[Cell, Figure]:
    """The figures by area and kind with their margins, without the total, which the record states."""
    by_cell: dict[Cell, list[Figure]] = defaultdict(list)
    for area, kind, figure in batches:
        if figure.needs:
            for cell in ((area, kind), (area, None), (None, kind)):
                by_cell[cell].append(figure)
    return {cell: together(of) for cell, of in by_cell.items()}


def wanted(figures: Mapping[Cell, Figure]) -> dict[Cell, dict[str, int]]:
    """How wide the range must be in which each sensitive figure may lie: k needs, and as much again as its amount."""
    return {
        cell: {NEEDS: figure.k, MINOR: figure.settled_minor} for cell, figure in figures.items() if figure.is_sensitive
    }


def _tables(figures: Mapping[Cell, Figure]) -> dict[str, Table]:
    return {
        NEEDS: Table({cell: figure.needs for cell, figure in figures.items()}),
        MINOR: Table({cell: figure.settled_minor for cell, figure in figures.items()}),
    }


def _cell(cell: Cell, figure: Figure | None) -> StatisticsCell:
    area, kind = cell
    return StatisticsCell(
        area=area,
        kind=SupportKind(kind) if kind else None,
        needs=rounded(figure.needs, NEEDS_ROUNDING) if figure else None,
        settled_minor=rounded(figure.settled_minor, MINOR_ROUNDING) if figure else None,
    )


def rounded(figure: int, base: int) -> int:
    """The figure rounded down to a multiple of the base: of the figure alone, so that it never differs."""
    return figure - figure % base


def _place(cell: Cell) -> tuple[bool, bool, str, str]:
    assert cell != TOTAL, "the total is the record's"
    area, kind = cell
    return area is None, kind is None, area or "", kind or ""
