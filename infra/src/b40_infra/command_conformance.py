"""The command that checks somebody's events before they go live."""

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

console = Console(highlight=False, soft_wrap=True, markup=False)


def add_to(app: typer.Typer) -> None:
    """Add this command to ``b40``."""
    app.command()(conformance)


def conformance(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="CloudEvents as JSON or JSONL, or records as `kcat -J` prints them."),
    ],
    source: Annotated[list[str] | None, typer.Option("--source", help="Beginning of your sources; repeat it.")] = None,
    public_key: Annotated[
        Path | None, typer.Option("--public-key", help="PEM of your public key: signatures of records are checked.")
    ] = None,
    partitions: Annotated[
        bool, typer.Option("--partitions", help="Also tell where murmur2 brings each event's key.")
    ] = False,
) -> None:
    """Check events as an intake would, and more: ids, order, signatures. Needs no platform; sends nothing.

    A line for each problem: file, line, field, reason. Exit code 1 if there is any.
    """
    from b40_infra.conformance import Conformance
    from b40_infra.integrators import public_key as read_public_key

    checks = Conformance(source or (), None if public_key is None else read_public_key(public_key))
    events = problems = 0
    spread: Counter[str] = Counter()
    for found in (each for file in files for each in checks.check(file)):
        events += 1
        problems += len(found.problems)
        for problem in found.problems:
            console.print(str(problem))
        if found.partition is not None:
            place = f"{found.topic}/{found.partition}"
            spread[place] += 1
            if partitions:
                console.print(f"{found.where}: {place}")
    told = ", ".join(f"{place} {count}" for place, count in sorted(spread.items()))
    console.print(f"{events} events, {problems} problems" + (f"; by partition: {told}" if told else ""))
    if problems or not events:
        raise typer.Exit(1)
