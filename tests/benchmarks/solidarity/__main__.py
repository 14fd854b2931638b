"""Five years of Pay It Forward, or its peak: ``python -m tests.benchmarks.solidarity [replay|peak] [OPTION …]``.

All figures stand in ``.b40/bench/solidarity-<row>.json``. It fails if anything was lost, or the books differ.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from b40_infra.local.jars import KAFKA_VERSION
from rich.console import Console

from tests.benchmarks.paths import WORK
from tests.benchmarks.site import Machine
from tests.benchmarks.solidarity import published, telling
from tests.benchmarks.solidarity.history import Wanted
from tests.benchmarks.solidarity.peak import Peak, measure_peak
from tests.benchmarks.solidarity.replay import replay
from tests.support.parts import running_kafka, running_postgres

DAYS_A_YEAR = 365.25


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is asked for."""
    given = _parser().parse_args(arguments)
    console = Console(width=None if sys.stdout.isatty() else 160)
    with running_kafka() as kafka, running_postgres() as postgres:
        machine = Machine(kafka, postgres)
        if given.row == "peak":
            peak = asyncio.run(measure_peak(machine, Peak(given.needs, given.seconds, given.batch)))
            telling.show_peak(console, peak)
            _write(console, given, asdict(peak))
            return 0
        wanted = Wanted(given.share, min(given.years * DAYS_A_YEAR, published.END), given.every, given.seed)
        replayed = asyncio.run(replay(machine, wanted, lambda text: console.print(f"  {text}")))
        telling.show_replay(console, replayed)
        _write(console, given, asdict(replayed))
    return 0


def _write(console: Console, given: argparse.Namespace, figures: dict[str, Any]) -> None:
    about = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "kafka": KAFKA_VERSION,
        "load_average": os.getloadavg(),
        **vars(given),
    }
    path = WORK / f"solidarity-{given.row}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": about, **figures}, indent=2, default=str) + "\n", "utf-8")
    console.print(f"all figures: {path}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.solidarity", description=__doc__)
    parser.add_argument("row", nargs="?", choices=("replay", "peak"), default="replay")
    parser.add_argument("--share", type=float, default=1.0, help="replay: share of each day's supports")
    parser.add_argument("--years", type=float, default=6.0, help="replay: so many years from the launch on")
    parser.add_argument("--every", type=int, choices=(1, 7), default=7, help="replay: days between two batch hours")
    parser.add_argument("--seed", type=int, default=2020, help="replay: the same for the same seed")
    parser.add_argument("--needs", type=int, default=published.FIRST_HOURS, help="peak: so many needs, and gifts")
    parser.add_argument("--seconds", type=float, default=60, help="peak: within so many seconds")
    parser.add_argument("--batch", type=int, default=50, help="peak: events of a request")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
