"""A deliberate mistake, and a copy of the package that makes it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CHASSIS, SOLIDARITY, NOTIFY = "b40_chassis", "b40_solidarity", "b40_notify"
SOURCES = {
    CHASSIS: ROOT / "services/chassis/src",
    SOLIDARITY: ROOT / "services/solidarity/src",
    NOTIFY: ROOT / "services/notify/src",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """In ``file`` of a package, ``text`` becomes ``instead``; the tests ``only`` (as -k) of ``tests`` must fail."""

    name: str
    file: str
    text: str
    instead: str
    tests: str
    only: str = ""
    package: str = CHASSIS

    def found(self) -> int:
        """How often the text stands in its file; it must be once, so that the mistake is the one that is meant."""
        path = SOURCES[self.package] / self.package / self.file
        return path.read_text(encoding="utf-8").count(self.text)


def copied(folder: Path, mistake: Mistake | None = None) -> Path:
    """A copy of a package's sources in ``folder``, with a mistake if one is given: a folder for PYTHONPATH."""
    package = mistake.package if mistake else CHASSIS
    shutil.copytree(SOURCES[package] / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    if mistake is not None:
        path = folder / package / mistake.file
        whole = path.read_text(encoding="utf-8")
        path.write_text(whole.replace(mistake.text, mistake.instead), encoding="utf-8")
    return folder
