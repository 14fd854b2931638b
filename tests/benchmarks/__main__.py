"""Measures the pipeline beside its peers: ``python -m tests.benchmarks [WORD …]``; words narrow to rows by name.

Rounds are interleaved: all contenders of a row once, then all again. The table tells medians and the spread of ratios;
``.b40/bench/report.json`` has all figures.
"""

import argparse
import asyncio
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

from b40_infra.local.jars import KAFKA_VERSION
from rich.console import Console

from tests.benchmarks import report
from tests.benchmarks.growing import Templates
from tests.benchmarks.paths import REPORT
from tests.benchmarks.rows import BENCHMARKS, Bench, Benchmark, Try
from tests.benchmarks.site import Machine
from tests.support.parts import running_kafka, running_postgres


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen rows. Returns 1 if an aim is not met, 2 if nothing was chosen."""
    given = _parser().parse_args(arguments)
    chosen = [each for each in BENCHMARKS if not given.words or any(word in each.name for word in given.words)]
    console = Console(width=None if sys.stdout.isatty() else 200)
    if not chosen:
        console.print(f"no row has one of these words; there are: {', '.join(each.name for each in BENCHMARKS)}")
        return 2
    with running_kafka() as kafka, running_postgres() as postgres:
        rows: list[report.Row] = []
        try:
            asyncio.run(_measure(console, Machine(kafka, postgres), chosen, given, rows))
        finally:  # what was measured before a failure or Ctrl-C is told too
            report.show(console, rows)
            report.write(REPORT, _about(given), rows)
            console.print(f"all figures: {REPORT}")
    return int(any(each.met() is False for row in rows for each in row.judgements()))


async def _measure(
    console: Console,
    machine: Machine,
    chosen: Sequence[Benchmark],
    given: argparse.Namespace,
    rows: list[report.Row],
) -> None:
    templates = Templates(machine, lambda text: console.print(f"  {text}"))
    bench = Bench(machine, templates, given.events, given.seconds, given.catch_up, given.inbox)
    try:
        for each in chosen:
            figures = {name: report.Figure(each.unit) for name in each.tries}
            rows.append(report.Row(each.name, each.title, each.higher_is_better, each.aims, figures))
            await _fill(console, bench, each, figures, given.rounds)
    finally:
        await templates.drop()


async def _fill(
    console: Console, bench: Bench, benchmark: Benchmark, figures: Mapping[str, report.Figure], rounds: int
) -> None:
    console.print(f"[bold]{benchmark.name}[/]: {benchmark.title}")
    for number in range(1, rounds + 1):
        for name, try_ in benchmark.tries.items():
            begun = monotonic()
            told = await _tried(try_, bench, figures[name])
            console.print(
                f"  round {number} of {rounds}, {name}: {told} {benchmark.unit} ({monotonic() - begun:.0f} s in all)"
            )


async def _tried(try_: Try, bench: Bench, figure: report.Figure) -> str:
    try:
        measured = await try_(bench)
    except TimeoutError:
        figure.values.append(None)
        return "came to no end in its time:"
    figure.values.append(measured.value)
    figure.details.append(measured.details)
    return f"{measured.value:,.1f} {measured.remark}".rstrip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("words", nargs="*", help=f"rows: {', '.join(each.name for each in BENCHMARKS)}; default all")
    parser.add_argument("--events", type=int, default=200_000, help="events of a run")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each row")
    parser.add_argument("--seconds", type=int, default=10, help="seconds of a run that measures latency")
    parser.add_argument("--catch-up", type=int, default=200_000, help="events that wait in the row catch-up")
    parser.add_argument("--inbox", type=int, default=10_000_000, help="rows of a large inbox in the row growth")
    return parser


def _about(given: argparse.Namespace) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "kafka": KAFKA_VERSION,
        "load_average": os.getloadavg(),
        **vars(given),
    }


if __name__ == "__main__":
    raise SystemExit(main())
