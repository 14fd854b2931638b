"""``b40 status``: what is on its way and what is wrong, of all apps on one screen."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from b40_infra.command_options import DEFAULT_FOLDER, Folder, Json, operations_of
from b40_infra.operations import Operations

console = Console()

Status = Mapping[str, Any]
SUMS: Mapping[str, Sequence[str]] = {
    "to say": ("outbox",),
    "to do": ("tasks",),
    "waiting": ("waiting", "released"),
    "dead": ("dead", "due_aside"),
    "unsendable": ("unsendable",),
    "stopped": ("stopped",),
    "refused": ("refused",),
    "twice": ("duplicates",),
}
"""Columns of ``b40 status``, each the sum of what an app counts under these names."""
WRONG = ("dead", "unsendable", "stopped")
UNSENT_SECONDS_MAX = 60
"""What has been waiting in the outbox for longer is worth a line."""


def add_to(app: typer.Typer) -> None:
    """Add this command to ``b40``."""
    app.command()(status)


def status(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """One look at all apps: what is on its way, what waits, and a line for each thing that went wrong.

    Lag: records of the logs that are still to be taken. To say: events in the outbox. To do: work outside, as mail.
    Waiting: events for a city that is still to come. Dead: what could not be read or processed. Unsendable: what Kafka
    refuses. Stopped: partitions that are read no further. Twice: what came again, dropped.
    Exit code 1 if an app is not ready.
    """
    operations = Operations(operations_of(folder))
    statuses = {app: _asked(operations, app) for app in operations.apps}
    if as_json:
        typer.echo(json.dumps(statuses, indent=2, default=str))
    else:
        console.print(_table(statuses))
        for line in (line for app, found in statuses.items() for line in troubles(app, found)):
            console.print(f"[bold red]✗[/] {escape(line)}", highlight=False, soft_wrap=True)
    if not all(found is not None and found["ready"] for found in statuses.values()):
        raise typer.Exit(1)


def troubles(app: str, found: Status | None) -> Iterator[str]:
    """What is wrong with an app, a sentence each, and what to call next."""
    if found is None:
        yield f"{app}: no answer; it is down, or waits for PostgreSQL or Kafka at its start: its log says which"
        return
    if found["lag"] is None:
        yield f"{app}: Kafka does not tell it where its logs end"
    for stop in found["stops"]:
        where = f"{stop['topic']} {stop['partition']}"
        yield f"{app}: {where} is stopped, {stop['reason']}: then b40 positions resume {app} {where}"
    if dead := found["dead"] + found["due_aside"]:
        yield f"{app}: {dead} could not be read or processed: b40 dead-letters list --app {app}"
    for each in found["unreadable"]:
        yield f"{app}: {each['records']} of them came from {each['source'] or 'a sender without a name'}, unreadable"
    if found["unsendable"]:
        yield f"{app}: Kafka refuses what it says, {found['unsendable']} so far: b40 unsendable list --app {app}"
    if found["oldest_unsent"] > UNSENT_SECONDS_MAX:
        yield f"{app}: the oldest of {found['outbox']} to say has been waiting for {found['oldest_unsent']} s"


def _asked(operations: Operations, app: str) -> dict[str, Any] | None:
    found = operations.status(app)
    return None if found is None else {**found, "lag": operations.lag(app)}


def _table(statuses: Mapping[str, Status | None]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("app", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("lag", *SUMS):
        table.add_column(name, justify="right")
    for app, found in statuses.items():
        if found is None:
            table.add_row(app, "[red]no answer[/]")
            continue
        numbers = [_number(name, sum(int(found.get(each, 0)) for each in summed)) for name, summed in SUMS.items()]
        lag = "[red]?[/]" if found["lag"] is None else _number("lag", found["lag"])
        table.add_row(app, "[green]ready[/]" if found["ready"] else "[yellow]starting[/]", lag, *numbers)
    return table


def _number(name: str, value: int) -> str:
    if not value:
        return "[dim]0[/]"
    return f"[bold red]{value}[/]" if name in WRONG else str(value)
