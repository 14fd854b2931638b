"""Options that several commands of ``b40`` share, and what follows from them."""

import os
from pathlib import Path
from typing import Annotated

import typer

from b40_infra.errors import Trouble
from b40_infra.local import addresses

DEFAULT_FOLDER = Path(".b40/up")

Folder = Annotated[
    Path, typer.Option(help="Folder of the platform on this machine; the addresses of a running one are read from it.")
]
Prefix = Annotated[str, typer.Option(envvar="B40_TOPIC_PREFIX", help="Put before the name of every topic.")]
KafkaOption = Annotated[
    str | None,
    typer.Option(envvar="B40_KAFKA", help="Kafka's address, host:port; by default that of the platform in the folder."),
]
Replication = Annotated[
    int | None,
    typer.Option(envvar="B40_REPLICATION", min=1, help="How many brokers keep each partition; else as they say."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of a table for people.")]


def bootstrap_of(kafka: str | None, folder: Path) -> str:
    """The address of Kafka that was given, or that of the platform that runs in the folder. Raises Trouble."""
    return kafka or addresses.read(folder).bootstrap


def operations_of(folder: Path) -> dict[str, str]:
    """The operations URLs of the platform in the folder, or those of ``B40_OPERATIONS`` (``app=url,app=url``)."""
    return _given("B40_OPERATIONS") or {name: app.operations for name, app in addresses.read(folder).apps.items()}


def intakes_of(folder: Path) -> dict[str, str]:
    """The public URLs of the platform in the folder, or those of ``B40_INTAKES``; none if neither is there."""
    given = _given("B40_INTAKES")
    if given:
        return given
    try:
        return {name: app.public for name, app in addresses.read(folder).apps.items()}
    except Trouble:
        return {}


def _given(name: str) -> dict[str, str]:
    pairs = [pair.split("=", 1) for pair in os.environ.get(name, "").split(",") if "=" in pair]
    return {app.strip(): url.strip() for app, url in pairs}
