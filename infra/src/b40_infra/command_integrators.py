"""Commands about integrators: who may report from outside, and with which keys."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from b40_infra import integrators
from b40_infra.command_options import DEFAULT_FOLDER, Folder, Json, operations_of
from b40_infra.errors import Trouble
from b40_infra.integrators import Register
from b40_infra.operations import Operations

console = Console()
integrators_app = typer.Typer(no_args_is_help=True, help="Who may report from outside: sources, scopes, keys.")

Name = Annotated[str, typer.Argument(help="Name of the integrator: lower-case letters, digits, hyphens.")]
SigningKey = Annotated[
    Path | None,
    typer.Option("--signing-key", help="Make an Ed25519 key for Kafka and write its private half to this new file."),
]
PublicKey = Annotated[
    Path | None,
    typer.Option("--public-key", help="PEM of the public half of the integrator's own Ed25519 key, instead."),
]


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``b40``."""
    app.add_typer(integrators_app, name="integrators")


@integrators_app.command()
def add(
    name: Name,
    source: Annotated[list[str], typer.Option("--source", help="Beginning of its CloudEvents sources; repeat it.")],
    type_: Annotated[list[str] | None, typer.Option("--type", help="A type it may report; all by default.")] = None,
    city: Annotated[list[str] | None, typer.Option("--city", help="A city it may name; all by default.")] = None,
    signing_key: SigningKey = None,
    public_key: PublicKey = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Register an integrator, and print its API key: once, for the platform keeps its digest alone.

    From then on its sources are its own: over HTTPS they need its key, over Kafka its signature.
    """
    with _register(folder) as register:
        api_key, digest = integrators.new_api_key()
        keys = {"api_keys": [digest], "signing_keys": _signing_keys(signing_key, public_key)}
        with _undone(signing_key):
            changed = register.add(name, source, keys, type_ or None, city or None)
        _hand_out(api_key, keys["signing_keys"])
        _tell(register, changed, f"{name} is registered")


@integrators_app.command()
def rotate(
    name: Name,
    signing_key: SigningKey = None,
    public_key: PublicKey = None,
    after: Annotated[int, typer.Option("--after", min=0, help="Hours until the keys before it end.")] = 168,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Give an integrator a new API key, or a new signing key if one is named. The ones before it end after a while."""
    with _register(folder) as register:
        signing_keys = _signing_keys(signing_key, public_key)
        api_key, digest = (None, None) if signing_keys else integrators.new_api_key()
        keys = {"api_keys": [] if digest is None else [digest], "signing_keys": signing_keys}
        with _undone(signing_key):
            changed = register.rotate(name, keys, timedelta(hours=after))
        _hand_out(api_key, signing_keys)
        _tell(register, changed, f"{name} has a new key; those before it end in {after} hours")


@integrators_app.command()
def revoke(name: Name, folder: Folder = DEFAULT_FOLDER) -> None:
    """End all keys of an integrator at once. Its sources stay its own: nobody else may use them."""
    with _register(folder) as register:
        _tell(register, register.revoke(name), f"{name} is revoked")


@integrators_app.command("list")
def list_(folder: Folder = DEFAULT_FOLDER, as_json: Json = False) -> None:
    """List all integrators: their sources, what they may report, and the ids of their keys."""
    with _register(folder) as register:
        found = register.listed()
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    if not found:
        console.print("No integrator is registered.")
        return
    table = Table("name", "sources", "types", "cities", "API keys", "signing keys", "revoked")
    for each in found:
        scope = ["\n".join(each[name]) if each[name] is not None else "all" for name in ("types", "cities")]
        api_keys = [_shown(key["digest"], key["ends"]) for key in each["api_keys"]]
        signing_keys = [_shown(integrators.id_of(key["public"]), key["ends"]) for key in each["signing_keys"]]
        cells = [each["name"], "\n".join(each["sources"]), *scope, "\n".join(api_keys), "\n".join(signing_keys)]
        table.add_row(*map(escape, cells), (each["revoked"] or "")[:19])
    console.print(table)


@contextmanager
def _register(folder: Path) -> Iterator[Register]:
    operations = Operations(operations_of(folder))
    try:
        yield Register(operations)
    finally:
        operations.close()


def _signing_keys(made: Path | None, given: Path | None) -> list[str]:
    if made is not None and given is not None:
        raise Trouble("--signing-key makes a key and --public-key brings one: give one of them")
    if made is not None:
        return [integrators.new_signing_key(made)]
    return [] if given is None else [integrators.public_key(given).public_bytes_raw().hex()]


@contextmanager
def _undone(made: Path | None) -> Iterator[None]:
    """Take a key file that was just made away again if the registry does not take its public half."""
    try:
        yield
    except Trouble:
        if made is not None:
            made.unlink()
        raise


def _tell(register: Register, changed: dict[str, Any], what: str) -> None:
    apps = register.in_force(changed["name"], changed["revision"])
    console.print(escape(f"{what}; in force at {', '.join(apps)}"), highlight=False, soft_wrap=True)


def _hand_out(api_key: str | None, signing_keys: list[str]) -> None:
    if api_key is not None:
        typer.echo(f"API key, shown this once: {api_key}")
    for public in signing_keys:
        typer.echo(f"signing key: {integrators.id_of(public)}")


def _shown(digits: str, ends: str | None) -> str:
    return digits[:16] + (f" until {ends[:19]}" if ends else "")
