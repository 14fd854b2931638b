"""Commands about topics: what exists, what is said on them, and saying something."""

import difflib
import os
import time
from pathlib import Path
from typing import Annotated

import typer
from b40_contracts import catalogue
from b40_contracts.topic import Topic
from rich.console import Console
from rich.markup import escape

from b40_infra import publish as publishing
from b40_infra import tail as tailing
from b40_infra import topics as catalogued
from b40_infra.command_options import (
    DEFAULT_FOLDER,
    Folder,
    KafkaOption,
    Prefix,
    Replication,
    bootstrap_of,
    intakes_of,
)
from b40_infra.errors import Trouble
from b40_infra.integrators import signing_key as read_signing_key

__all__ = ["KafkaOption", "add_to"]

NAMED_MAX = 5
PAUSE_SECONDS = 0.5

console = Console()
topics_app = typer.Typer(
    no_args_is_help=True, help="Compare the topics of a Kafka with the catalogue, and make them as it says."
)


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``b40``."""
    app.add_typer(topics_app, name="topics")
    app.command()(publish)
    app.command()(tail)


@topics_app.command()
def plan(
    folder: Folder = DEFAULT_FOLDER, kafka: KafkaOption = None, prefix: Prefix = "", replication: Replication = None
) -> None:
    """Show what `b40 topics apply` would do. Changes nothing."""
    admin = catalogued.admin_client(bootstrap_of(kafka, folder))
    changes = catalogued.plan(admin, prefix, replication=replication)
    _show(changes)
    if not changes:
        console.print(f"All {len(catalogue.TOPICS)} topics are as the catalogue says.")


@topics_app.command()
def apply(
    folder: Folder = DEFAULT_FOLDER, kafka: KafkaOption = None, prefix: Prefix = "", replication: Replication = None
) -> None:
    """Make the topics that are missing and set what is otherwise. Deletes nothing, adds no partitions."""
    changes = catalogued.ensure(bootstrap_of(kafka, folder), prefix, replication=replication)
    _show(changes)
    console.print(f"The {len(catalogue.TOPICS)} topics of the catalogue are there.")


@topics_app.command(name="in-sync")
def in_sync(
    folder: Folder = DEFAULT_FOLDER,
    kafka: KafkaOption = None,
    seconds: Annotated[float, typer.Option("--within", min=0, help="Look again for so many seconds.")] = 0,
) -> None:
    """Return when every broker has all that it should keep: then the next one may be stopped."""
    admin = catalogued.admin_client(bootstrap_of(kafka, folder))
    ends = time.monotonic() + seconds
    while left := catalogued.behind(admin):
        if time.monotonic() > ends:
            named = ", ".join(left[:NAMED_MAX])
            raise Trouble(f"{len(left)} partitions are not on all of their brokers: {named}")
        time.sleep(PAUSE_SECONDS)
    console.print("Every broker has all that it should keep.")


def publish(
    file: Annotated[Path, typer.Argument(help="JSON (one event or a list) or JSONL (one a line): CloudEvents 1.0.")],
    folder: Folder = DEFAULT_FOLDER,
    kafka: KafkaOption = None,
    prefix: Prefix = "",
    unchecked: Annotated[
        bool, typer.Option("--unchecked", help="Send data that their type does not allow, and let the receiver judge.")
    ] = False,
    signing_key: Annotated[
        Path | None, typer.Option("--signing-key", help="PEM of a registered integrator's Ed25519 key: signs events.")
    ] = None,
) -> None:
    """Publish events as an integrator does. Each goes to the intake that its type belongs to.

    All are checked before the first is sent. Events for a sealed intake go over HTTP to the app that hears it, with the
    API key in B40_API_KEY, if there is one.
    """
    events = publishing.load(file, checked=not unchecked)
    key = None if signing_key is None else read_signing_key(signing_key)
    api_key = os.environ.get("B40_API_KEY")
    sender = publishing.Sender(bootstrap_of(kafka, folder), intakes_of(folder), prefix, key, api_key)
    try:
        sender.send(events)
    finally:
        sender.close()
    destinations = sorted({event.topic.name for event in events})
    console.print(f"{len(events)} events acknowledged on {', '.join(destinations)}" if events else "The file is empty.")


def tail(
    topic: Annotated[str, typer.Argument(help="Name of a topic of the catalogue, as registry-cities.")],
    folder: Folder = DEFAULT_FOLDER,
    kafka: KafkaOption = None,
    prefix: Prefix = "",
    last: Annotated[int, typer.Option("--last", "-n", min=0, help="Begin with the last so many per partition.")] = 10,
    from_beginning: Annotated[bool, typer.Option("--from-beginning", help="Begin with the oldest kept.")] = False,
    follow: Annotated[bool, typer.Option(help="Go on until Ctrl-C, or end when nothing more comes.")] = True,
) -> None:
    """Show what is said on a topic, a line for each event. Of a sealed one, only that something is there."""
    found = _topic(topic)
    lines = tailing.follow(bootstrap_of(kafka, folder), found, last=None if from_beginning else last, prefix=prefix)
    quiet_looks = 0
    for line in lines:
        if line is None:
            quiet_looks += 1
            if not follow and quiet_looks > tailing.QUIET_LOOKS_MAX:
                return
            continue
        quiet_looks = 0
        where = f"[dim]{line.appended} {line.partition}/{line.offset}[/]"
        console.print(
            f"{where} [bold]{escape(line.key)}[/] [cyan]{line.what}[/] {escape(line.data)}",
            highlight=False,
            soft_wrap=True,
        )


def _topic(name: str) -> Topic:
    known = {topic.name: topic for topic in catalogue.TOPICS}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)[:3]
        raise Trouble(f"there is no topic {name!r}: did you mean {' or '.join(near)}?")
    return known[name]


def _show(changes: list[catalogued.Change]) -> None:
    for change in changes:
        colour = "yellow" if isinstance(change, catalogued.Differs) else "green"
        console.print(f"[{colour}]{escape(str(change))}[/]", highlight=False, soft_wrap=True)
