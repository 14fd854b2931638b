"""The audit says that all is well only if it looked at all."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.supply import audit
from tests.supply.audit import LOCKS, NOT_LOOKED_AT, NOTHING_KNOWN, SOMETHING_KNOWN

WANTED = ["idna 3.20", "rich 15.0.0"]
IDNA: dict[str, Any] = {"name": "idna", "version": "3.20", "vulns": []}
RICH: dict[str, Any] = {"name": "rich", "version": "15.0.0", "vulns": []}
SKIPPED = {"name": "rich", "skip_reason": "Dependency not found and could not be audited: rich (15.0.0)"}
KNOWN = RICH | {"vulns": [{"id": "CVE-2026-1", "fix_versions": ["15.0.1"], "aliases": [], "description": "…"}]}


@pytest.mark.parametrize(
    ("answered", "code", "told"),
    [
        ([IDNA, RICH], NOTHING_KNOWN, "nothing is known against any of 2 packages"),
        ([IDNA, KNOWN], SOMETHING_KNOWN, "rich 15.0.0: CVE-2026-1, mended in 15.0.1"),
        ([IDNA, SKIPPED], NOT_LOOKED_AT, "1 packages were not looked at, rich 15.0.0 among them"),
        ([IDNA], NOT_LOOKED_AT, "1 packages were not looked at, rich 15.0.0 among them"),
        ([], NOT_LOOKED_AT, "2 packages were not looked at, idna 3.20 among them"),
    ],
    ids=["well", "known", "skipped", "left out", "nothing"],
)
def test_an_answer_means_what_it_means(answered: list[dict[str, Any]], code: int, told: str) -> None:
    """Breaks if a service that was not reached is taken for one that knows nothing."""
    verdict = audit.judge(WANTED, answered)
    assert verdict.code == code
    assert verdict.lines[-1].startswith(told)


def test_what_pip_audit_cannot_do_is_told(tmp_path: Path) -> None:
    program = tmp_path / "pip-audit"
    program.write_text(f"#!{sys.executable}\nraise SystemExit('Failed to resolve the name of the service')\n")
    program.chmod(0o755)
    verdict = audit.ask(str(program), LOCKS)
    assert verdict.code == NOT_LOOKED_AT
    assert verdict.lines == ["nothing was looked at. pip-audit: Failed to resolve the name of the service"]


def test_what_a_lock_pins_for_this_system_is_asked_about() -> None:
    """Breaks if a package is forgotten, or one that is not for this system is taken for one that was not looked at."""
    lock = """a-b==1.0 \\
    --hash=sha256:0a
c==2.0 ; sys_platform == 'none'
D.e==3.0+local ; python_full_version >= '3.11' \\
"""
    assert audit.pinned(lock) == ["a-b 1.0", "d-e 3.0+local"]
    for each in LOCKS:
        assert len(audit.pinned(each.read_text("utf-8"))) > 20
