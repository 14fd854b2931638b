"""The command ``b40``: run, watch and repair the platform. Errors are one clear line, and an exit code other than 0."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from b40_infra import (
    command_access,
    command_backup,
    command_break_glass,
    command_conformance,
    command_integrators,
    command_observation,
    command_repair,
    command_solidarity,
    command_stack,
    command_status,
    command_topics,
)
from b40_infra.command_options import DEFAULT_FOLDER, Folder, Prefix, bootstrap_of
from b40_infra.errors import Trouble

console = Console()
app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Run, watch and repair the B40 platform: Kafka, PostgreSQL and the apps that hear and say on them.",
    epilog="Begin with `b40 up` in one terminal; in another: `b40 status`, `b40 publish FILE`, `b40 tail TOPIC`.",
)


@app.command()
def prepare() -> None:
    """Fetch what the platform runs on and is not there yet (Apache Kafka's jars), checked by their hashes."""
    from b40_infra.local import jars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"Apache Kafka {jars.KAFKA_VERSION}", total=None)
        jars.ensure(progress=lambda there, of: progress.update(task, completed=there, total=of))


@app.command()
def up(folder: Folder = DEFAULT_FOLDER) -> None:
    """Run the whole platform on this machine until Ctrl-C. Its data stay in the folder for the next time."""
    from b40_infra.local import addresses
    from b40_infra.local.platform import Platform

    async def run() -> int:
        with console.status("starting Kafka, PostgreSQL and the apps …") as status:

            def fetched(there: int, of: int) -> None:
                status.update(f"Apache Kafka: {there} of {of} jars are here and whole")

            platform = Platform(folder, clock=True, at=addresses.usual(), told=_told, fetched=fetched)
            async with platform:
                status.stop()
                console.print("[bold green]The platform is up.[/] [bold]b40 status[/] shows it; Ctrl-C stops it.")
                await asyncio.get_running_loop().create_future()
        return 0

    raise typer.Exit(run_until_signal(run(), interrupted=0))


@app.command()
def season(
    year: Annotated[str, typer.Argument(help="Which season; its input lies in infra/seasons/<year>.")] = "2022",
    folder: Annotated[
        Path | None, typer.Option(help="Where the run keeps its files; by default .b40/season-<year>.")
    ] = None,
    twice: Annotated[bool, typer.Option("--twice", help="Publish every event twice.")] = False,
    kill: Annotated[bool, typer.Option("--kill", help="Kill each process once on the way.")] = False,
) -> None:
    """Publish a real season as integrators would, let its days pass in a minute, and report what came out."""
    from b40_infra.season import Options, run

    options = Options(year=year, folder=folder or Path(f".b40/season-{year}"), twice=twice, kill=kill)
    raise typer.Exit(run_until_signal(run(options, console), interrupted=130))


@app.command()
def clock(folder: Folder = DEFAULT_FOLDER, kafka: command_topics.KafkaOption = None, prefix: Prefix = "") -> None:
    """Say what time it is, once a minute, until Ctrl-C. One clock is enough, and `b40 up` brings its own."""
    from b40_infra import clock as ticking

    console.print("The clock ticks at every full minute; Ctrl-C stops it.")
    ticking.run(bootstrap_of(kafka, folder), prefix)


command_topics.add_to(app)
command_access.add_to(app)
command_integrators.add_to(app)
command_conformance.add_to(app)
command_repair.add_to(app)
command_break_glass.add_to(app)
command_backup.add_to(app)
command_solidarity.add_to(app)
command_stack.add_to(app)
command_status.add_to(app)
command_observation.add_to(app)


def run_until_signal(work: Coroutine[Any, Any, int], interrupted: int) -> int:
    """Run until it ends, or until SIGTERM or Ctrl-C has let it stop in order.

    Returns its exit code, or ``interrupted`` after a signal.
    """

    async def guarded() -> int:
        task = asyncio.ensure_future(work)
        stopped: list[int] = []

        def stop(number: int) -> None:
            if not stopped:
                console.print("stopping …")
                stopped.append(number)
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop, number)
        try:
            return await task
        except asyncio.CancelledError:
            if not stopped:
                raise
            return interrupted

    return asyncio.run(guarded())


def main() -> None:
    """Entry point of ``b40``."""
    try:
        app()
    except Trouble as trouble:
        Console(stderr=True).print(f"[bold red]✗[/] {_escaped(str(trouble))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _told(what: str) -> None:
    console.print(f"[green]✓[/] {_escaped(what)}", highlight=False, soft_wrap=True)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


if __name__ == "__main__":
    main()
