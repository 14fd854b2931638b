"""Whether something is known against a package that is used: ``make audit``, by pip-audit, where the network is.

What is known is asked of a service each time: a list of it in the repository would age and say nothing in the end.
Where the service is not reached, pip-audit leaves packages out and ends well; here what was not looked at is a failure.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.repository import ROOT

LOCKS = (ROOT / "requirements.lock", ROOT / "infra/images/build.lock", ROOT / "tests/supply/audit.lock")
NOTHING_KNOWN, SOMETHING_KNOWN, NOT_LOOKED_AT = 0, 1, 2
"""Exit codes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The exit code, and what is told."""

    code: int
    lines: Sequence[str]


def judge(wanted: Iterable[str], answered: Iterable[dict[str, Any]]) -> Verdict:
    """What an answer of pip-audit means for the packages (``name version``) that it was asked about."""
    answers = list(answered)
    looked_at = {f"{canonicalize_name(each['name'])} {each['version']}" for each in answers if "vulns" in each}
    known = [
        f"{each['name']} {each['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version'}"
        for each in answers
        for found in each.get("vulns", ())
    ]
    missing = sorted(set(wanted) - looked_at)
    if missing:
        told = f"{len(missing)} packages were not looked at, {missing[0]} among them: nothing is said about them"
        return Verdict(NOT_LOOKED_AT, [*known, f"{told}. Is the service of advisories reached from here?"])
    if known:
        return Verdict(SOMETHING_KNOWN, known)
    return Verdict(NOTHING_KNOWN, [f"nothing is known against any of {len(looked_at)} packages"])


def pinned(lock: str) -> list[str]:
    """What a lock pins for this system, as ``name version``."""
    lines = [Requirement(line.rstrip(" \\")) for line in lock.splitlines() if "==" in line and line[0].isalnum()]
    return [
        f"{canonicalize_name(each.name)} {str(each.specifier).removeprefix('==')}"
        for each in lines
        if each.marker is None or each.marker.evaluate()
    ]


def ask(program: str, locks: Sequence[Path]) -> Verdict:
    """Have pip-audit look at the locks."""
    given = [word for lock in locks for word in ("--requirement", str(lock))]
    fixed = ["--require-hashes", "--disable-pip", "--format=json", "--progress-spinner=off"]
    done = subprocess.run([program, *fixed, *given], capture_output=True, text=True, check=False)
    wanted = [each for lock in locks for each in pinned(lock.read_text("utf-8"))]
    try:
        return judge(wanted, json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        return Verdict(NOT_LOOKED_AT, [f"nothing was looked at. pip-audit: {last[:300]}"])


if __name__ == "__main__":
    verdict = ask(sys.argv[1], LOCKS)
    sys.stdout.write("".join(f"{line}\n" for line in verdict.lines))
    sys.exit(verdict.code)
