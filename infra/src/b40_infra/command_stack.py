"""Commands that make a stack ready: its secrets, and what must be there before the first app starts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from b40_infra.command_access import Integrators, integrators_of
from b40_infra.command_options import Replication
from b40_infra.errors import Trouble

console = Console()
secrets_app = typer.Typer(no_args_is_help=True)

SecretsFolder = Annotated[Path, typer.Option("--folder", envvar="B40_SECRETS_FOLDER", help="Folder of the secrets.")]
Owners = Annotated[
    list[str] | None,
    typer.Option(
        "--owner", envvar="B40_OWNERS", help="PART=UID: the user as whom a part runs, who is given its folder."
    ),
]
Members = Annotated[
    list[str] | None,
    typer.Option("--member", envvar="B40_MEMBERS", help="PART=UID: a cluster's further broker or server, as kafka-2."),
]
Hosts = Annotated[
    list[str] | None, typer.Option("--host", help="A name or address under which the platform is reached from outside.")
]
PostgresTls = Annotated[
    str, typer.Option(envvar="B40_POSTGRES_TLS", help="on, or off where PostgreSQL was built without TLS.")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``b40``."""
    app.add_typer(secrets_app, name="secrets")
    app.command()(setup)


@secrets_app.callback()
def of_stack(
    context: typer.Context,
    folder: SecretsFolder,
    seen_at: Annotated[Path, typer.Option(help="Where a part will see its own folder.")] = Path("/secrets"),
    host: Hosts = None,
    owner: Owners = None,
    member: Members = None,
    integrator: Integrators = None,
    postgres_tls: PostgresTls = "on",
) -> None:
    """Make the secrets of a stack, and give each part its own."""
    from b40_infra.stack_secrets import StackSecrets

    names = ("localhost", "127.0.0.1", *(host or ()))
    members = _owners("--member", member)
    found = StackSecrets(
        folder, seen_at, names, tuple(integrators_of(integrator)), _is_on(postgres_tls), tuple(members)
    )
    context.obj = found, {**_owners("--owner", owner), **members}


@secrets_app.command()
def make(context: typer.Context) -> None:
    """Make what is missing: certificates, passwords, the apps' secrets, keys of sealed topics. What is there stays."""
    found, owners = context.obj
    found.make()
    found.give(owners)
    console.print(f"The secrets of all parts are in {found.folder}.", highlight=False)


@secrets_app.command()
def rotate(context: typer.Context) -> None:
    """Make new passwords, certificates and keys of sealed topics; setup then enters them, and each part starts anew."""
    found, owners = context.obj
    found.rotate(datetime.now(UTC))
    found.give(owners)
    console.print("New ones are in place. Next: `b40 setup` enters them; then start every part anew, one at a time.")


def setup(
    secrets: Annotated[Path, typer.Option(envvar="B40_SETUP_SECRETS", help="Folder of setup's own secrets.")],
    brokers: Annotated[str, typer.Option(envvar="B40_BROKERS", help="The brokers' own listener, host:port.")],
    postgres: Annotated[
        str, typer.Option(envvar="B40_POSTGRES", help="PostgreSQL's host; several with commas between them.")
    ] = "postgres",
    integrator: Integrators = None,
    postgres_tls: PostgresTls = "on",
    replication: Replication = None,
) -> None:
    """Put right what must be there before the first app starts: names, access, topics, databases."""
    from b40_infra.setup import Setup

    servers, integrators = tuple(postgres.split(",")), integrators_of(integrator)
    Setup(secrets, brokers, servers, _is_on(postgres_tls), integrators, replication).run(
        lambda what: console.print(f"[green]✓[/] {escape(what)}", highlight=False, soft_wrap=True)
    )


def _owners(option: str, given: list[str] | None) -> dict[str, int]:
    found = {}
    for each in given or ():
        part, _, user = each.partition("=")
        if not user.isdecimal():
            raise Trouble(f"{option} {each}: write PART=UID, as kafka=1000")
        found[part] = int(user)
    return found


def _is_on(text: str) -> bool:
    if text not in ("on", "off"):
        raise Trouble(f"--postgres-tls {text}: write on or off")
    return text == "on"
