"""Makes each mistake in a copy of its package and shows that its tests notice: ``python -m tests.mutants [WORD …]``.

Words narrow to mistakes whose name has one of them. Ends with 1 if a mistake survived, if its text is no longer
found once, or if its tests cannot be run; with 2 if the tests fail although nothing is wrong.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.table import Table

from tests.mutants.mistake import ROOT, Mistake, copied
from tests.mutants.mistakes import MISTAKES
from tests.support.parts import GIVEN_KAFKA, GIVEN_POSTGRES, running_kafka, running_postgres

SECONDS_MAX = 150
"""A mistake whose tests come to no end in this time is noticed too."""
FAILED, PASSED = 1, 0
KILLED = "killed"
AT_ONCE = 2
"""Mistakes that are tried at the same time: most of the time a test waits."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mistake, and after how long."""

    mistake: Mistake
    told: str
    seconds: float


def main(words: Sequence[str]) -> int:
    """Try the chosen mistakes. Returns the exit code."""
    chosen = [each for each in MISTAKES if not words or any(word in each.name for word in words)]
    console = Console()
    with running_kafka() as kafka, running_postgres() as postgres:
        environment = os.environ | {GIVEN_KAFKA: kafka, GIVEN_POSTGRES: postgres}
        console.print("Without a mistake: ", end="")
        sound = _sound(environment, sorted({each.tests for each in chosen}))
        console.print("the tests pass" if sound else "the tests fail, so that nothing can be shown")
        if not sound:
            return 2
        verdicts = []
        with ThreadPoolExecutor(AT_ONCE) as several:
            for verdict in several.map(partial(_tried, environment), chosen):
                verdicts.append(verdict)
                console.print(f"{verdict.told:>8}  {verdict.mistake.name}")
    console.print(_table(verdicts))
    return int(any(verdict.told != KILLED for verdict in verdicts))


def _sound(environment: Mapping[str, str], tests: Sequence[str]) -> bool:
    with tempfile.TemporaryDirectory(prefix="b40-mutant-") as folder:
        return _run(environment, copied(Path(folder)), tests, seconds_max=None) == PASSED


def _tried(environment: Mapping[str, str], mistake: Mistake) -> Verdict:
    begun = monotonic()
    return Verdict(mistake, _told(environment, mistake), monotonic() - begun)


def _told(environment: Mapping[str, str], mistake: Mistake) -> str:
    if mistake.found() != 1:
        return f"its text is found {mistake.found()} times"
    with tempfile.TemporaryDirectory(prefix="b40-mutant-") as folder:
        tests = [mistake.tests, "-k", mistake.only] if mistake.only else [mistake.tests]
        try:
            code = _run(environment, copied(Path(folder), mistake), tests, seconds_max=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            return KILLED
    return {FAILED: KILLED, PASSED: "survived"}.get(code, "its tests cannot be run")


def _run(environment: Mapping[str, str], path: Path, tests: Sequence[str], *, seconds_max: float | None) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        timeout=seconds_max,
        check=False,
    ).returncode


def _table(verdicts: Sequence[Verdict]) -> Table:
    killed = sum(verdict.told == KILLED for verdict in verdicts)
    table = Table(title=f"{killed} of {len(verdicts)} mistakes killed")
    for heading in ("mistake", "in", "tests", "verdict", "seconds"):
        table.add_column(heading)
    for each in verdicts:
        colour = "green" if each.told == KILLED else "red"
        mistake, tests = each.mistake, Path(each.mistake.tests).name
        table.add_row(mistake.name, mistake.file, tests, f"[{colour}]{each.told}[/]", f"{each.seconds:.0f}")
    return table


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
