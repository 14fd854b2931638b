"""Commands about backups: take one, bring one back, look at them, delete the old ones."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from b40_chassis.settings import DatabaseSettings
from b40_contracts.topic import MEMORY_DAYS
from rich.console import Console
from rich.table import Table

from b40_infra.backup import restoring, taking
from b40_infra.backup.store import KEYS, Backup, Store
from b40_infra.command_options import DEFAULT_FOLDER, Folder
from b40_infra.errors import Trouble

console = Console()
backups_app = typer.Typer(no_args_is_help=True, help="Look at the backups of the apps' databases; delete the old ones.")

Backups = Annotated[Path, typer.Option("--backups", envvar="B40_BACKUPS", help="Folder in which the backups lie.")]
DEFAULT_BACKUPS = Path(".b40/backups")
App = Annotated[str, typer.Argument(help="Name of the app, as registry or solidarity-needs.")]


def add_to(app: typer.Typer) -> None:
    """Add these commands to ``b40``."""
    app.command()(backup)
    app.command()(restore)
    app.add_typer(backups_app, name="backups")


def backup(
    apps: Annotated[list[str] | None, typer.Argument(help="Names of the apps.")] = None,
    keys_alone: Annotated[bool, typer.Option("--keys", help="Of the persons' keys alone, which is soon done.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Of every app whose database can be reached.")] = False,
    backups: Backups = DEFAULT_BACKUPS,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Take a backup of an app's database while it works, and one of its persons' keys. Each is whole, or not there.

    NOT in them, and to be kept apart from them: the app's secret, the vault's key, the keys of sealed topics.
    The database is that of B40_DATABASE (or of the file b40_database in B40_SECRETS), else of the folder's platform.
    """
    if bool(apps) == everything:
        raise Trouble("name the apps, or give --all")

    async def run() -> None:
        async with _databases(folder) as addresses:
            for app in apps or addresses:
                address, now = _address(addresses, app), datetime.now(UTC)
                if not keys_alone:
                    _tell(await taking.take(app, address, Store(backups), now))
                keys = await taking.take_keys(app, address, Store(backups), now)
                if keys is not None:
                    _tell(keys)

    asyncio.run(run())
    console.print("Not in it: the app's secret, the vault's key, the keys of sealed topics. Keep them too, apart.")


def restore(
    app: App,
    name: Annotated[str | None, typer.Argument(metavar="BACKUP", help="Its name; by default the newest.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what the database holds now.")] = False,
    backups: Backups = DEFAULT_BACKUPS,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Bring a backup of an app's database back, once all of it was verified. No copy of the app may run.

    The app then hears again what came since; it needs the same secret, and the same keys of sealed topics, as before.
    With it come its persons' keys: those that the database still has, else those of their newest backup.
    """

    async def run() -> datetime:
        store = Store(backups)
        async with _databases(folder) as addresses:
            found, keys = store.find(app, name), store.newest_keys(app)
            return (await restoring.restore(app, _address(addresses, app), found, keys=keys, replace=replace)).taken

    taken = asyncio.run(run())
    console.print(f"{app}: as it was on {taken:%Y-%m-%d at %H:%M:%S} UTC. Start it: it hears what came since.")
    if datetime.now(UTC) - taken > timedelta(days=MEMORY_DAYS):
        console.print(f"It is older than the memory of {MEMORY_DAYS} days: what came right after it is lost.")


@backups_app.command("list")
def list_(backups: Backups = DEFAULT_BACKUPS) -> None:
    """List the backups of each app, the oldest first."""
    table = Table(box=None, padding=(0, 1, 0, 0))
    for heading in ("app", "backup", "size", "PostgreSQL", "migrations"):
        table.add_column(heading, no_wrap=True, justify="right" if heading in ("size", "migrations") else "left")
    store = Store(backups)
    for each in [each for app in store.apps() for each in store.backups(app)]:
        try:
            manifest = each.manifest()
        except Trouble:
            table.add_row(each.app, each.name, "damaged", "", "")
            continue
        size, migrations = _size(manifest.dump.bytes), str(len(manifest.noted.migrations))
        table.add_row(each.app, each.name, size, manifest.server, migrations)
    console.print(table if table.row_count else f"There are no backups in {backups}.")


@backups_app.command()
def verify(backups: Backups = DEFAULT_BACKUPS) -> None:
    """Read every backup and compare it with what was written. Exit code 1 if one is damaged."""
    store, damaged = Store(backups), 0
    for each in [each for app in store.apps() for each in store.backups(app)]:
        try:
            each.verified()
        except Trouble as trouble:
            damaged += 1
            console.print(f"✗ {trouble}", highlight=False, markup=False, soft_wrap=True)
        else:
            console.print(f"✓ {each.app} {each.name}", highlight=False)
    raise typer.Exit(1 if damaged else 0)


@backups_app.command()
def prune(
    keep: Annotated[int, typer.Option(min=1, help="How many of each app are kept: the newest.")],
    keep_keys: Annotated[int, typer.Option(min=1, help="How many of its persons' keys: who is erased is in them.")] = 2,
    backups: Backups = DEFAULT_BACKUPS,
) -> None:
    """Delete all but the newest backups of each app, and of its persons' keys."""
    store = Store(backups)
    for app in store.apps():
        for gone in store.prune(app, keep_keys if app.endswith(KEYS) else keep):
            console.print(f"{app}: {gone.name} is deleted", highlight=False)


@asynccontextmanager
async def _databases(folder: Path) -> AsyncIterator[Mapping[str, str]]:
    """The databases that can be reached, by app: the one that the settings name, or those of the folder's platform."""
    if os.environ.get("B40_DATABASE") or os.environ.get("B40_SECRETS"):
        try:
            address = DatabaseSettings().database.get_secret_value()
        except ValueError:
            raise Trouble("neither B40_DATABASE nor a file b40_database in B40_SECRETS names a database") from None
        yield {urlsplit(address).path.removeprefix("/"): address}
        return
    from b40_infra.local.stored import stored

    async with stored(folder) as addresses:
        yield addresses


def _address(addresses: Mapping[str, str], app: str) -> str:
    try:
        return addresses[app]
    except KeyError:
        raise Trouble(f"no database of {app} can be reached from here, but of: {', '.join(addresses)}") from None


def _tell(made: Backup) -> None:
    console.print(f"{made.app}: {made.name}, {_size(made.dump.stat().st_size)}", highlight=False)


def _size(count: int) -> str:
    return f"{count / 1_000_000:,.1f} MB"
