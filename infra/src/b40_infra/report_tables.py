"""The report of a season as a person likes to read it: tables for a terminal."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from b40_contracts.events import PlanConflictFound
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from b40_infra.report import Report, decided
from b40_infra.season_read import Announcements

METHODS = ("equal", "proportional", "degressive")
BOOK = ("gifts_minor", "waiting_minor", "carried_minor", "ordered_minor", "settled_minor")
MINOR_PER_MAJOR = 100


def show(report: Report, announced: Announcements, names: Mapping[str, str], console: Console) -> None:
    """Print a report, with the reasons that were announced; ``names`` are the cities' names by code."""
    console.print()
    console.print(_membership(report["membership"]), _decisions(report["decisions"]))
    console.print(_tour(report["tour"], names))
    console.print(_changes(announced, names))
    console.print(_plan(report, announced))
    console.print(_places(report["allocation"], names))
    console.print(_books(report["solidarity"]))
    console.print(_notices(report["notices"]))
    console.print(_events(report["events"]))


def _membership(membership: Report) -> Table:
    table = _table("Members of the network", "day", ">cities")
    for day, count in membership["as_of"].items():
        table.add_row(_day(day), str(count))
    return table


def _decisions(decisions: Report) -> Table:
    table = _table("Decisions of the workshops", ">taken", ">fulfilled", ">lapsed", ">open")
    table.add_row(*[str(decisions[state]) for state in ("taken", "fulfilled", "lapsed", "open")])
    return table


def _tour(tour: Report, names: Mapping[str, str]) -> Table:
    table = _table("Festival Bus, from Istanbul", ">", "city", "concert on")
    for number, city in enumerate(tour["order"], 1):
        table.add_row(str(number), names.get(city, city), _day(tour["dates"][city]))
    table.caption = (
        f"{tour['km']:,.0f} km as decided; {tour['listing_order_km']:,.0f} km in the order of the newsletter's list, "
        f"{tour['shortest_km_without_windows']:,.0f} km if every day suited every city"
    )
    return table


def _changes(announced: Announcements, names: Mapping[str, str]) -> Table:
    table = _table("Why the tour is as it is", "city", "what", "why")
    for change in [change for decision in decided(announced) for change in decision.changes]:
        table.add_row(names.get(change.city, change.city), change.kind, change.why)
    return table


def _plan(report: Report, announced: Announcements) -> Group:
    deadlines = report["deadlines"]
    counted = f"Deadlines: {deadlines['approaching']} announced as approaching, {deadlines['missed']} missed."
    panels = [
        Panel(Text(conflict.why), title=f"Plan for WOMEX: {conflict.days_late} days late", border_style="red")
        for conflict in announced.of(PlanConflictFound)
    ]
    return Group(*panels, Text(counted), Text())


def _places(allocation: Report, names: Mapping[str, str]) -> Table:
    table = _table(f"Youth Summit: {allocation['places']} places", "city", *[f">{method}" for method in METHODS])
    for city in sorted(allocation["equal"], key=lambda code: (-allocation["proportional"][code], code)):
        table.add_row(names.get(city, city), *[str(allocation[method][city]) for method in METHODS])
    table.caption = f"adopted: {allocation['adopted'] or 'none'}"
    return table


def _books(solidarity: Report) -> Table:
    heads = [f">{name.removesuffix('_minor')}" for name in BOOK]
    table = _table("Pay It Forward", "currency", *heads)
    for currency, book in solidarity.items():
        if isinstance(book, dict):
            table.add_row(currency, *[f"{book[name] / MINOR_PER_MAJOR:,.2f}" for name in BOOK])
    table.caption = (
        f"{solidarity['needs_settled']} needs settled in {solidarity['batches']} batches; "
        f"at least {solidarity['smallest_k']} households and payers in each; gifts = the sum of the other columns"
    )
    return table


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
    table = Table(title=title, title_justify="left", caption_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column.removeprefix(">"), justify="right" if column.startswith(">") else "left")
    return table


def _day(day: Any) -> str:
    return f"{date.fromisoformat(day):%a %d %B %Y}"
