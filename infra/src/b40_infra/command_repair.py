"""Commands that repair what went wrong in the apps."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from b40_infra.command_options import DEFAULT_FOLDER, Folder, Json, operations_of
from b40_infra.operations import Operations

console = Console()
dead_letters = typer.Typer(
    no_args_is_help=True,
    help="What an app could not read or process: kept whole in its database, open until replayed or discarded.",
)
unsendable = typer.Typer(
    no_args_is_help=True,
    help="What an app has to say and Kafka refuses: kept whole in its database until it is sent again.",
)
positions_app = typer.Typer(no_args_is_help=True, help="How far each app has heard each topic.")

App = Annotated[str, typer.Argument(help="Name of the app, as registry or solidarity-needs.")]
Number = Annotated[int, typer.Argument(help="Number of the dead letter, as `list` shows it.")]
OneApp = Annotated[str | None, typer.Option("--app", help="Only this app.")]
OPEN_STATES = ("unreadable", "failed")


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``b40``."""
    app.add_typer(dead_letters, name="dead-letters")
    app.add_typer(unsendable, name="unsendable")
    app.add_typer(positions_app, name="positions")
    app.command()(republish)
    app.command("lost-intake")(lost_intake)


@dead_letters.command("list")
def list_(
    folder: Folder = DEFAULT_FOLDER,
    app: OneApp = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what waits, and what was discarded.")] = False,
    as_json: Json = False,
) -> None:
    """List what is open, of all apps: where it came from and why it was set aside."""
    operations = Operations(operations_of(folder))
    rows = [
        {"app": name, **row}
        for name in operations.apps
        if app in (None, name)
        for row in operations.set_aside(name)
        if everything or row["state"] in OPEN_STATES
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    if not rows:
        console.print("Nothing is set aside." if everything else "No dead letters are open.")
        return
    table = Table("app", "no.", "state", "topic", "event", "why")
    for row in rows:
        place = f"{row['topic']} {row['partition']}/{row['offset']}"
        sender = f"{row['event_id'] or '?'} of {row['source'] or '?'}"
        why = f"{row['reason']}: {row['detail']}"
        table.add_row(row["app"], str(row["id"]), row["state"], escape(place), escape(sender), escape(why))
    console.print(table)


@dead_letters.command()
def show(app: App, number: Number, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Show one whole: its bytes, headers, where it stood, and why it was set aside."""
    row = Operations(operations_of(folder)).shown(app, number)
    if as_json:
        typer.echo(json.dumps(row, indent=2, default=str))
        return
    for name, value in row.items():
        if isinstance(value, list):
            console.print(f"[bold]{name}[/]")
            for pair in value:
                console.print(f"  {escape(': '.join(map(str, pair)))}", highlight=False, soft_wrap=True)
        elif value is not None:
            console.print(f"[bold]{name}[/] {escape(str(value))}", highlight=False, soft_wrap=True)


@dead_letters.command()
def replay(app: App, number: Number, folder: Folder = DEFAULT_FOLDER) -> None:
    """Have the app handle the stored bytes again, once the cause is repaired. Doing it twice does no harm.

    Exit code 1 if it is set aside again; `b40 dead-letters list` then shows it anew.
    """
    result = Operations(operations_of(folder)).replay(app, number)
    console.print(f"{app} {number}: {escape(result)}", highlight=False, soft_wrap=True)
    if result != "applied":
        raise typer.Exit(1)


@dead_letters.command()
def discard(
    app: App,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why it is given up; kept with it, and told to its sender.")],
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Give one up, with a reason. What waited behind it goes on."""
    Operations(operations_of(folder)).discard(app, number, reason)
    console.print(f"{app} {number}: discarded")


@unsendable.command("list")
def list_unsendable(folder: Folder = DEFAULT_FOLDER, app: OneApp = None, as_json: Json = False) -> None:
    """List what Kafka refuses, of all apps, and why."""
    operations = Operations(operations_of(folder))
    rows = [
        {"app": name, **row} for name in operations.apps if app in (None, name) for row in operations.unsendable(name)
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    if not rows:
        console.print("Kafka refuses nothing.")
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("app", "no.", "topic", "since", "why"):
        table.add_column(name, no_wrap=True, justify="right" if name == "no." else "left")
    for row in rows:
        table.add_row(row["app"], str(row["id"]), row["topic"], row["since"][:19], escape(row["reason"]))
    console.print(table)


@unsendable.command("send-again")
def send_again(app: App, folder: Folder = DEFAULT_FOLDER) -> None:
    """Have an app send again what Kafka refused, in order, once what was wrong is mended: a right, a topic, a limit."""
    sent = Operations(operations_of(folder)).send_again(app)
    console.print(f"{app}: sent again: {sent}", highlight=False)


@positions_app.command("show")
def show_positions(folder: Folder = DEFAULT_FOLDER, app: OneApp = None, as_json: Json = False) -> None:
    """Show the next offset of every partition, by app and subscriber, and how many duplicates were dropped."""
    operations = Operations(operations_of(folder))
    rows = [
        {"app": name, **row} for name in operations.apps if app in (None, name) for row in operations.positions(name)
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, default=str))
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("app", "hears", "partition", "next", "twice", "last appended", "stopped"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("next", "twice") else "left")
    for row in rows:
        partition = f"{row['topic']}/{row['partition']}"
        numbers = (str(row["next_offset"]), str(row.get("duplicates", "")))
        texts = (str(row.get("last_appended") or "")[:19], escape(row.get("stopped") or ""))
        table.add_row(row["app"], row["hearing"], partition, *numbers, *texts)
    console.print(table)


@positions_app.command()
def resume(
    app: App,
    topic: Annotated[str, typer.Argument(help="Name of the topic, as `show` prints it.")],
    partition: Annotated[int, typer.Argument(help="Number of the partition.")],
    begin: Annotated[str, typer.Option("--from", help="position, beginning (what is known is dropped) or end.")] = (
        "position"
    ),
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Have a stopped partition go on, once its log has been looked at. The app reads on within a second."""
    next_offset = Operations(operations_of(folder)).resume(app, topic, partition, begin)
    console.print(f"{app} {topic}/{partition}: goes on at {next_offset}", highlight=False)


@positions_app.command()
def rewind(
    app: App,
    topic: Annotated[str, typer.Argument(help="Name of the topic, as `show` prints it.")],
    partition: Annotated[int | None, typer.Argument(help="Number of the partition; all by default.")] = None,
    to_offset: Annotated[int | None, typer.Option(help="The offset to hear next, of one partition.")] = None,
    to_time: Annotated[str | None, typer.Option(help="Append time to begin at, as 2022-06-20T00:00:00Z.")] = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Have an app hear part of a topic again, as what it used to skip. What it knows is dropped.

    Each copy of the app ends, since a position went back, and hears again when it has started anew. What was set aside
    or discarded there is tried again. Only what is in the log and within the memory can be heard again.
    """
    where = {"partition": partition, "to_offset": to_offset, "to_time": to_time}
    for each in Operations(operations_of(folder)).rewind(app, topic, where):
        stood = f"{topic}/{each['partition']} stood at {each['from']}"
        console.print(f"{app} {stood}, is heard again from {each['to']}", highlight=False, soft_wrap=True)


def republish(
    app: App,
    topic: Annotated[str | None, typer.Option(help="Only this topic; all that the app publishes by default.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count; publish nothing.")] = False,
    folder: Folder = DEFAULT_FOLDER,
    as_json: Json = False,
) -> None:
    """Publish again what Kafka lost: the app compares its archive with the logs, and sends what they should hold.

    Ids stay the same, so who heard it drops it; doing it twice sends nothing twice. Lost: the log ended before it, or
    another record stands in its place. Unknown: Kafka had not said where it stands; it is sent again as well.
    """
    counts = Operations(operations_of(folder)).republish(app, topic, dry_run=dry_run)
    if as_json:
        typer.echo(json.dumps(counts, indent=2))
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for name in ("topic", "compared", "lost", "unknown", "to publish" if dry_run else "published again"):
        table.add_column(name, no_wrap=True, justify="left" if name == "topic" else "right")
    for name, each in counts.items():
        numbers = (each["compared"], each["lost"], each["unknown"], each["lost"] + each["unknown"])
        table.add_row(name, *map(str, numbers))
    console.print(table)


def lost_intake(app: App, folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """Name the events of integrators that took effect in an app and that Kafka lost, so that they can be sent again.

    Run `b40 republish` first: what came over HTTPS is in the app's archive. An id that is not a UUID is named by the
    first 16 bytes of its SHA-256, as a UUID. Sent again under the same id, an event is dropped where it took effect.
    Exit code 1 if something is lost.
    """
    lost = Operations(operations_of(folder)).lost_intake(app)
    if as_json:
        typer.echo(json.dumps(lost, indent=2))
    elif not lost:
        console.print(f"{app}: the intake logs hold all that took effect")
    else:
        table = Table(box=None, padding=(0, 1, 0, 0))
        for name in ("source", "id", "appended"):
            table.add_column(name, no_wrap=True)
        for each in lost:
            table.add_row(escape(each["source"]), each["id"], each["appended"][:19])
        console.print(table)
    if lost:
        raise typer.Exit(1)
