"""Commands about access: who may do what on a Kafka that asks who comes."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from b40_infra import access, access_plan
from b40_infra.command_options import DEFAULT_FOLDER, Folder, KafkaOption, Prefix, bootstrap_of
from b40_infra.errors import Trouble
from b40_infra.topics import admin_client

console = Console()
access_app = typer.Typer(
    no_args_is_help=True, help="Compare who may do what on a Kafka with the catalogue, and grant and take as it says."
)

Integrators = Annotated[
    list[str] | None,
    typer.Option(
        "--integrator",
        envvar="B40_INTEGRATORS",
        help="NAME=INTAKE[,INTAKE…]: an integrator and the intakes it may report on.",
    ),
]
Passwords = Annotated[
    Path, typer.Option(envvar="B40_PASSWORDS", help="Folder with a file <name>.password for each name.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``b40``."""
    app.add_typer(access_app, name="access")


@access_app.command()
def plan(
    folder: Folder = DEFAULT_FOLDER, kafka: KafkaOption = None, prefix: Prefix = "", integrator: Integrators = None
) -> None:
    """Show what `b40 access apply` would do. Changes nothing."""
    granted = _granted(integrator, prefix)
    changes = access_plan.plan(admin_client(bootstrap_of(kafka, folder)), granted, prefix)
    _show(changes)
    if not changes:
        console.print(f"All {len(granted)} grants are as the catalogue says, and no others.")


@access_app.command()
def apply(
    passwords: Passwords,
    folder: Folder = DEFAULT_FOLDER,
    kafka: KafkaOption = None,
    prefix: Prefix = "",
    integrator: Integrators = None,
) -> None:
    """Enter names, grant what is missing, take away what is beyond the catalogue."""
    granted = _granted(integrator, prefix)
    admin = admin_client(bootstrap_of(kafka, folder))
    _show(access_plan.ensure(admin, granted, lambda name: _password(passwords, name), prefix))
    console.print(f"The {len(granted)} grants of the catalogue are there, and no others.")


def integrators_of(given: list[str] | None) -> dict[str, list[str]]:
    """The intakes of each integrator, by its name. Raises Trouble for what is not NAME=INTAKE."""
    found: dict[str, list[str]] = {}
    for each in given or []:
        name, equals, intakes = each.partition("=")
        if not (name and equals and intakes):
            raise Trouble(f"--integrator {each}: write NAME=INTAKE, as water-utility=events-intake")
        found[name] = intakes.split(",")
    return found


def _granted(integrators: list[str] | None, prefix: str) -> frozenset[access.Grant]:
    try:
        return access.grants(integrators=integrators_of(integrators), prefix=prefix)
    except ValueError as error:
        raise Trouble(str(error)) from None


def _password(folder: Path, name: str) -> str:
    path = folder / f"{name}.password"
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise Trouble(f"{name} has no password in {path}: {error.strerror}") from None


def _show(changes: list[access_plan.Change]) -> None:
    for change in changes:
        colour = "yellow" if isinstance(change, access_plan.Take | access_plan.Remove) else "green"
        console.print(f"[{colour}]{escape(str(change))}[/]", highlight=False, soft_wrap=True)
