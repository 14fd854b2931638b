"""Which figures of a two-way table are withheld, so that what is sensitive does not follow from the rest and the total.

Complementary suppression by flows in networks, as statistical offices use it (Cox 1980; Fischetti and Salazar 1999): a
table with its margins is a circulation, each figure an arc between its row and its column, a margin an arc back. What
is withheld may be anything that keeps the sums. By how much a figure could be higher or lower than it is, is then the
greatest flow from one of its ends to the other over what else is withheld; the total of all is always known.
"""

import heapq
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

Cell = tuple[str | None, str | None]
"""A figure by its row and column; None is all of them, so that ``(None, column)`` is a margin."""
Node = tuple[str, str | None]
TOTAL: Cell = (None, None)
NO_END = 1 << 62
"""More than any figure: what is withheld could be higher without end."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way on which a flow may go: the arc's cell, and whether along it (the figure rises) or against it."""

    cell: Cell
    to: Node
    rises: bool


@dataclass(slots=True)
class Table:
    """The figures of one measure, margins included, none of them zero."""

    figures: Mapping[Cell, int]
    ways: dict[Node, list[Way]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for cell in self.figures:
            if cell != TOTAL:
                start, end = ends(cell)
                self.ways.setdefault(start, []).append(Way(cell, end, rises=True))
                self.ways.setdefault(end, []).append(Way(cell, start, rises=False))

    def room(self, cell: Cell, withheld: Set[Cell], wanted: int) -> int:
        """How wide the range is in which a withheld figure may lie; one that is wider than ``wanted`` may be cut."""
        start, end = ends(cell)
        up = Flow(self, cell, withheld).push(end, start, wanted)
        down = Flow(self, cell, withheld).push(start, end, min(self.figures[cell], wanted))
        return up + down

    def complement(self, cell: Cell, withheld: Set[Cell], wanted: int) -> set[Cell]:
        """The cheapest further figures that widen the range of a withheld one; none if nothing can."""
        start, end = ends(cell)
        for source, sink, most in ((end, start, wanted), (start, end, min(self.figures[cell], wanted))):
            flow = Flow(self, cell, withheld)
            if flow.push(source, sink, most) < most:
                path = flow.path(source, sink, over=self.figures.keys())
                if path:
                    return {way.cell for way in path} - withheld
        return set()


@dataclass(slots=True)
class Flow:
    """A flow over what is withheld, all but the one figure that is asked for."""

    table: Table
    but: Cell
    withheld: Set[Cell]
    moved: dict[Cell, int] = field(default_factory=dict)

    def push(self, source: Node, sink: Node, most: int) -> int:
        """Send as much as goes, ``most`` at most; returns how much went."""
        went = 0
        while went < most and (path := self.path(source, sink, over=self.withheld)):
            amount = min(most - went, *(self._capacity(way) for way in path))
            for way in path:
                self.moved[way.cell] = self.moved.get(way.cell, 0) + (amount if way.rises else -amount)
            went += amount
        return went

    def path(self, source: Node, sink: Node, over: Set[Cell]) -> list[Way]:
        """The cheapest path on which something can still flow; what is withheld already costs nothing."""
        best: dict[Node, int] = {source: 0}
        came: dict[Node, tuple[Node, Way]] = {}
        waiting: list[tuple[int, tuple[str, str], Node]] = [(0, _name(source), source)]
        while waiting:
            cost, _, node = heapq.heappop(waiting)
            if node == sink:
                return list(_back(sink, source, came))[::-1]
            for way in self.table.ways.get(node, ()):
                if way.cell == self.but or way.cell not in over or not self._capacity(way):
                    continue
                further = cost + (0 if way.cell in self.withheld else self.table.figures[way.cell])
                if further < best.get(way.to, NO_END):
                    best[way.to], came[way.to] = further, (node, way)
                    heapq.heappush(waiting, (further, _name(way.to), way.to))
        return []

    def _capacity(self, way: Way) -> int:
        return NO_END if way.rises else self.table.figures[way.cell] + self.moved.get(way.cell, 0)


def ends(cell: Cell) -> tuple[Node, Node]:
    """Where the arc of a figure begins and ends: from row to column, a margin's from column to row."""
    row, column = ("row", cell[0]), ("column", cell[1])
    return (column, row) if (cell[0] is None) != (cell[1] is None) else (row, column)


def withheld(tables: Mapping[str, Table], sensitive: Mapping[Cell, Mapping[str, int]]) -> frozenset[Cell] | None:
    """What is withheld: the sensitive figures, and others until each lies in a range as wide as is wanted of it.

    ``sensitive`` gives by cell how wide the range must be in each measure. None if nothing but the total can be told.
    """
    chosen: set[Cell] = set(sensitive)
    for cell in sorted(sensitive, key=str):
        for measure, wanted in sorted(sensitive[cell].items()):
            while tables[measure].room(cell, chosen, wanted) < wanted:
                more = tables[measure].complement(cell, chosen, wanted)
                if not more:
                    return None
                chosen |= more
    return frozenset(chosen)


def _back(node: Node, source: Node, came: Mapping[Node, tuple[Node, Way]]) -> Iterator[Way]:
    while node != source:
        node, way = came[node]
        yield way


def _name(node: Node) -> tuple[str, str]:
    return node[0], node[1] or ""
