"""Commands by which two people have a sealed dead letter shown: one asks, the other asks too, everybody hears of it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from b40_chassis.break_glass import Asked, Signed, message
from pydantic import ValidationError

from b40_infra.command_options import DEFAULT_FOLDER, Folder, operations_of
from b40_infra.errors import Trouble
from b40_infra.integrators import new_signing_key, signing_key
from b40_infra.operations import Operations

break_glass = typer.Typer(
    no_args_is_help=True,
    help="Have a dead letter of a sealed topic shown, which takes two people, and is announced.",
)

App = Annotated[str, typer.Argument(help="Name of the app, as solidarity-needs.")]
Number = Annotated[int, typer.Argument(help="Number of the dead letter, as `b40 dead-letters list` shows it.")]
Name = Annotated[str, typer.Option("--as", help="Your name, as it stands in B40_BREAK_GLASS of the app.")]
Key = Annotated[Path, typer.Option("--key", help="File with your private key (PEM).")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``b40``."""
    app.add_typer(break_glass, name="break-glass")


@break_glass.command()
def key(file: Annotated[Path, typer.Argument(help="File to write; it must not be there yet.")]) -> None:
    """Make a key of your own. Its public half, which is printed, goes into B40_BREAK_GLASS of the apps."""
    typer.echo(new_signing_key(file))


@break_glass.command()
def ask(
    app: App,
    number: Number,
    reason: Annotated[str, typer.Option(help="Why. Everybody may read it: no personal data.")],
    name: Name,
    key: Key,
    hours: Annotated[int, typer.Option(min=1, max=24, help="How long the request holds.")] = 1,
) -> None:
    """Ask for it, as the first of two. What is printed goes to the second; nothing is asked of the app yet."""
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=hours)
    asked = _signed(app, number, Asked.model_construct(reason=reason, until=until, signed=[]), name, key)
    typer.echo(asked.model_dump_json(indent=2))


@break_glass.command()
def show(
    app: App,
    number: Number,
    request: Annotated[typer.FileText, typer.Argument(help="What the first has printed; - for standard input.")],
    name: Name,
    key: Key,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Ask for it too, as the second, and see it. That you were shown it is announced on <app>-break-glass."""
    try:
        first = Asked.model_validate_json(request.read())
    except ValidationError as error:
        raise Trouble(f"this is not what `b40 break-glass ask` prints: {error.errors()[0]['msg']}") from None
    asked: dict[str, Any] = _signed(app, number, first, name, key).model_dump(mode="json")
    clear = Operations(operations_of(folder)).shown_to_two(app, number, asked)
    typer.echo(json.dumps(json.loads(clear), indent=2, ensure_ascii=False))


def _signed(app: str, number: int, asked: Asked, name: str, key: Path) -> Asked:
    signature = signing_key(key).sign(message(app, number, asked.reason, asked.until)).hex()
    signed = [*asked.signed, Signed(name=name, signature=signature)]
    try:
        return Asked.model_validate(asked.model_dump() | {"signed": signed})
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise Trouble(f"{where}: {error.errors()[0]['msg']}") from None
