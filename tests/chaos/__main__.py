"""Random faults on copies of the ledger, PostgreSQL and Kafka, against a model of the whole: ``python -m tests.chaos``.

``SEED`` chooses faults and inputs (a random one by default), ``SECONDS`` how long (60), ``FAULTS`` which (a comma list;
all), ``COPIES`` how many copies of the ledger (2), ``RATE`` how many records a second (300). Ends with 0 only if all is
well, with 1 if something is not, with 2 if it cannot run as asked.
"""

import asyncio
import json
import logging
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from tests.chaos.plan import SECONDS
from tests.chaos.report import show
from tests.chaos.run import Options, Outcome, run

SEEDS = 10_000


class Unfit(ValueError):
    """A setting that makes no sense."""


def options_of(environment: Mapping[str, str]) -> Options:
    """What the environment asks for. Raises Unfit, naming the setting."""
    wanted = frozenset(filter(None, (each.strip() for each in environment.get("FAULTS", "").split(","))))
    unknown = wanted - SECONDS.keys()
    if unknown:
        raise Unfit(f"FAULTS: no fault is called {', '.join(sorted(unknown))}; there are {', '.join(SECONDS)}")
    return Options(
        seed=int(_number(environment, "SEED", secrets.randbelow(SEEDS), 0)),
        seconds=_number(environment, "SECONDS", 60, 1),
        faults=wanted or frozenset(SECONDS),
        copies=int(_number(environment, "COPIES", 2, 1)),
        rate=_number(environment, "RATE", 300, 1),
    )


def main() -> int:
    """Run as the environment asks. Returns the exit code."""
    console = Console()
    try:
        options = options_of(os.environ)
    except Unfit as error:
        console.print(str(error), style="red", markup=False)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="b40-chaos-"))
    logging.basicConfig(filename=folder / "chaos.log", level=logging.WARNING)
    console.print(f"Seed {options.seed}: {options.seconds:g} s of faults on {options.copies} copies (logs: {folder})")
    outcome = asyncio.run(run(options, folder))
    show(options, outcome, console)
    _leave(outcome, folder, console)
    return 0 if outcome.well else 1


def _leave(outcome: Outcome, folder: Path, console: Console) -> None:
    """Keep the logs, and all that was found, if something is wrong."""
    if outcome.well:
        shutil.rmtree(folder)
        return
    (folder / "findings.json").write_text(json.dumps(dict(outcome.findings), indent=2), "utf-8")
    (folder / "faults.txt").write_text("".join(f"{at:8.2f}  {what}\n" for at, what in outcome.fault_log), "utf-8")
    console.print(f"Logs, faults.txt and findings.json are kept in {folder}", markup=False)


def _number(environment: Mapping[str, str], name: str, otherwise: float, least: float) -> float:
    text = environment.get(name) or str(otherwise)
    try:
        number = float(text)
    except ValueError:
        raise Unfit(f"{name}: {text!r} is not a number") from None
    if not least <= number < float("inf"):
        raise Unfit(f"{name}: {text} is less than {least:g}, or endless")
    return number


if __name__ == "__main__":
    sys.exit(main())
