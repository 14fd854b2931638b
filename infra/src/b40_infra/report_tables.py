"""The report of a season as a person likes to read it: tables for a terminal."""

from collections.abc import Mapping
from datetime import date

from b40_contracts.event import Event
from b40_contracts.events import DeadlineLifted, DeadlineMet, DeadlineMissed, DeadlineSet, PlanConflictFound
from b40_contracts.registry import CityAdmitted, DecisionFulfilled, DecisionLapsed, DecisionTaken
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from b40_infra.report import Report, decided
from b40_infra.season_read import Announcements

METHODS = ("equal", "proportional", "degressive")
BOOK = ("gifts_minor", "waiting_minor", "carried_minor", "ordered_minor", "settled_minor")
MINOR_PER_MAJOR = 100
ENDS: Mapping[type[Event], str] = {
    DeadlineMet: "[green]met[/]",
    DeadlineMissed: "[red]missed[/]",
    DeadlineLifted: "[dim]lifted[/]",
}


def show(report: Report, announced: Announcements, names: Mapping[str, str], console: Console) -> None:
    """Print a report, with the reasons that were announced; ``names`` are the cities' names by code."""
    for part in (
        _membership(report["membership"], announced, names),
        _decisions(report["decisions"], announced),
        _tour(report["tour"], names),
        _changes(announced, names),
        _conflicts(announced),
        _deadlines(announced),
        _places(report["allocation"], names),
        _books(report["solidarity"]),
        _notices(report["notices"]),
        _events(report["events"]),
    ):
        console.print(Padding(part, (1, 0, 0, 0)))


def _membership(membership: Report, announced: Announcements, names: Mapping[str, str]) -> RenderableType:
    table = _table("Members of the network", "day", ">cities")
    for day, count in membership["as_of"].items():
        table.add_row(_day(day), str(count))
    first = date.fromisoformat(min(membership["as_of"]))
    joined = [names.get(one.city, one.city) for one in announced.of(CityAdmitted) if one.on > first]
    return _noted(table, f"joined meanwhile: {', '.join(sorted(joined)) or 'none'}")


def _decisions(decisions: Report, announced: Announcements) -> RenderableType:
    fulfilled = {one.decision: one for one in announced.of(DecisionFulfilled)}
    lapsed = {one.decision for one in announced.of(DecisionLapsed)}
    table = _table("Decisions of the workshops", "due", "what", "came out")
    for taken in sorted(announced.of(DecisionTaken), key=lambda one: (one.due_on or date.max, one.decision)):
        done = fulfilled.get(taken.decision)
        out = "[red]lapsed[/]" if taken.decision in lapsed else "open"
        if done is not None:
            out = "[green]fulfilled[/]" if done.in_time else f"[yellow]late, {_day(done.fulfilled_on.isoformat())}[/]"
        table.add_row(_day(taken.due_on.isoformat()) if taken.due_on else "no day", taken.text["en"], out)
    counted = ", ".join(f"{decisions[state]} {state}" for state in ("taken", "fulfilled", "lapsed", "open"))
    return _noted(table, counted)


def _tour(tour: Report, names: Mapping[str, str]) -> RenderableType:
    table = _table("Festival Bus, from Istanbul", ">", "city", "concert on")
    for number, city in enumerate(tour["order"], 1):
        table.add_row(str(number), names.get(city, city), _day(tour["dates"][city]))
    return _noted(
        table,
        f"{tour['km']:,.0f} km as decided; {tour['listing_order_km']:,.0f} km in the order of the newsletter's list; "
        f"{tour['shortest_km_without_windows']:,.0f} km if every day suited each of its cities",
    )


def _changes(announced: Announcements, names: Mapping[str, str]) -> Table:
    table = _table("Why the tour is as it is", "city", "what", "why")
    for change in [change for decision in decided(announced) for change in decision.changes]:
        table.add_row(names.get(change.city, change.city), change.kind, change.why)
    return table


def _conflicts(announced: Announcements) -> Group:
    return Group(
        *[
            Panel(Text(conflict.why), title=f"Plan for WOMEX: {conflict.days_late} days late", border_style="red")
            for conflict in announced.of(PlanConflictFound)
        ]
    )


def _deadlines(announced: Announcements) -> Table:
    ends = {one.deadline: word for kind, word in ENDS.items() for one in announced.of(kind)}  # type: ignore[attr-defined]
    table = _table("Deadlines", "last day", "what", "came out")
    known = {deadline.deadline: deadline for deadline in announced.of(DeadlineSet)}
    for deadline in sorted(known.values(), key=lambda one: (str(one.on or one.at), one.deadline)):
        table.add_row(_day(str(deadline.on)) if deadline.on else f"{deadline.at}", deadline.name,
                      ends.get(deadline.deadline, "open"))  # fmt: skip
    return table


def _places(allocation: Report, names: Mapping[str, str]) -> RenderableType:
    table = _table(f"Youth Summit: {allocation['places']} places", "city", *[f">{method}" for method in METHODS])
    for city in sorted(allocation["equal"], key=lambda code: (-allocation["proportional"][code], code)):
        table.add_row(names.get(city, city), *[str(allocation[method][city]) for method in METHODS])
    return _noted(table, f"adopted: {allocation['adopted'] or 'none'}")


def _books(solidarity: Report) -> RenderableType:
    table = _table("Pay It Forward", "currency", *[f">{name.removesuffix('_minor')}" for name in BOOK])
    for currency, book in solidarity.items():
        if isinstance(book, dict):
            table.add_row(currency, *[f"{book[name] / MINOR_PER_MAJOR:,.2f}" for name in BOOK])
    return _noted(
        table,
        f"gifts are the sum of the others; {solidarity['needs_settled']} needs settled in {solidarity['batches']} "
        f"batches, each of at least {solidarity['smallest_k']} households and as many payers",
    )


def _notices(notices: Report) -> Table:
    table = _table("Notices sent", "subject", ">notices")
    for subject, count in notices["by_subject"].items():
        table.add_row(subject, f"{count:,}")
    table.add_section()
    table.add_row("all", f"{notices['sent']:,}")
    table.add_row("daily digests", f"{notices['digests']:,}")
    return table


def _events(events: Report) -> Table:
    table = _table("Events", *[f">{name.replace('_', ' ')}" for name in events])
    table.add_row(*[f"{count:,}" for count in events.values()])
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return table


def _noted(table: Table, note: str) -> Group:
    return Group(table, Text(note, style="dim"))


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day:%a} {day.day} {day:%B}"
