"""The report: figures, ratios between what ran in the same round, and whether the aims are met."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Aim:
    """What ``of`` shall be: against others (the best of them counts) as a ratio, or by itself if there are none."""

    of: str
    against: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None

    def __str__(self) -> str:
        if self.least is None and self.most is None:
            return "reported"
        return f"≥ {self.least:g}" if self.least is not None else f"≤ {self.most:g}"

    def met(self, value: float) -> bool | None:
        """Whether a value meets it; None if it is only reported."""
        if self.least is None and self.most is None:
            return None
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


@dataclass(slots=True)
class Figure:
    """What one contender showed, round by round; None where it did not come to its end."""

    unit: str
    values: list[float | None] = field(default_factory=list)
    details: list[Mapping[str, Any]] = field(default_factory=list)

    def measured(self) -> list[float]:
        """The values of the rounds that came to their end."""
        return [value for value in self.values if value is not None]

    def middle(self) -> float | None:
        """The median."""
        return median(self.measured()) if self.measured() else None


@dataclass(frozen=True, slots=True)
class Judgement:
    """An aim with what came of it: values by round, against whom."""

    aim: Aim
    against: str | None
    values: Sequence[float]

    def told(self) -> str:
        """The median, with the smallest and the largest."""
        if not self.values:
            return "not measured"
        return f"{median(self.values):.2f} ({min(self.values):.2f}–{max(self.values):.2f})"

    def met(self) -> bool | None:
        """Whether the median meets the aim."""
        return self.aim.met(median(self.values)) if self.values else None


@dataclass(slots=True)
class Row:
    """One row of the table of aims: its figures by contender, and its aims."""

    name: str
    title: str
    higher_is_better: bool
    aims: Sequence[Aim]
    figures: dict[str, Figure] = field(default_factory=dict)

    def judgements(self) -> list[Judgement]:
        """What came of each aim."""
        return [self._judge(aim) for aim in self.aims if aim.of in self.figures]

    def _judge(self, aim: Aim) -> Judgement:
        own = self.figures[aim.of]
        if not aim.against:
            return Judgement(aim, None, own.measured())
        measured = {name: middle for name in aim.against if (middle := self._middle(name)) is not None}
        if not measured:
            return Judgement(aim, aim.against[0], [])
        best = (max if self.higher_is_better else min)(measured, key=measured.__getitem__)
        pairs = zip(own.values, self.figures[best].values, strict=False)  # the last round may have been cut off
        return Judgement(aim, best, [mine / theirs for mine, theirs in pairs if mine is not None and theirs])

    def _middle(self, name: str) -> float | None:
        return self.figures[name].middle() if name in self.figures else None


def write(path: Path, machine: Mapping[str, Any], rows: Sequence[Row]) -> None:
    """Write the report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = [_told(row) for row in rows]
    path.write_text(json.dumps({"machine": machine, "rows": told}, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _told(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "figures": {name: {**asdict(figure), "median": figure.middle()} for name, figure in row.figures.items()},
        "aims": [
            {"of": each.aim.of, "against": each.against, "aim": str(each.aim), "values": each.values, "met": each.met()}
            for each in row.judgements()
        ],
    }


def show(console: Console, rows: Sequence[Row]) -> None:
    """Print the tables: figures with their ratios, then where the CPU time went."""
    console.print(_figures(rows))
    spent = _spent(rows)
    if spent.row_count:
        console.print(spent)


def _figures(rows: Sequence[Row]) -> Table:
    table = Table(title="Benchmarks: medians (smallest–largest of the rounds)")
    for column in ("row", "who", "measured", "against", "ratio or value", "aim", "met"):
        table.add_column(column, justify="right" if column in ("measured", "ratio or value") else "left")
    for row in rows:
        judged = {
            each.aim.of: [one for one in row.judgements() if one.aim.of == each.aim.of] for each in row.judgements()
        }
        for position, (name, figure) in enumerate(row.figures.items()):
            title = row.title if position == 0 else ""
            cells = [(each.against or "", each.told(), str(each.aim), _sign(each)) for each in judged.get(name, [])]
            for line, (against, told, aim, met) in enumerate(cells or [("", "", "", "")]):
                own = (title, name, _measured(figure)) if line == 0 else ("", "", "")
                table.add_row(*own, against, told, aim, met)
        table.add_section()
    return table


def _spent(rows: Sequence[Row]) -> Table:
    """Medians of the CPU time per event by process, and the speed with the warm-up."""
    table = Table(title="CPU time per event in microseconds, by process")
    for column in ("row", "who", "processes", "sum", "cold events/s"):
        table.add_column(column, justify="right" if column in ("sum", "cold events/s") else "left")
    for row in rows:
        for name, figure in row.figures.items():
            split = [each["microseconds"] for each in figure.details if each.get("microseconds")]
            if split:
                medians = {process: median(each[process] for each in split) for process in split[0]}
                cold = median(each["cold_per_second"] for each in figure.details)
                told = ", ".join(f"{process} {value:.1f}" for process, value in medians.items())
                table.add_row(row.name, name, told, f"{sum(medians.values()):.1f}", f"{cold:,.0f}")
    return table


def _measured(figure: Figure) -> str:
    values = figure.measured()
    if not values:
        return "did not come to an end"
    digits = 0 if max(values) >= 100 else 1
    low, middle, high = (f"{value:,.{digits}f}" for value in (min(values), median(values), max(values)))
    return f"{middle} ({low}–{high}) {figure.unit}" if len(values) > 1 else f"{middle} {figure.unit}"


def _sign(judgement: Judgement) -> str:
    return {True: "[green]yes", False: "[red]no", None: ""}[judgement.met()]
