"""A deliberate mistake, and a copy of the chassis that makes it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "services/chassis/src"
PACKAGE = "b40_chassis"


@dataclass(frozen=True, slots=True)
class Mistake:
    """In ``file`` of the chassis, ``text`` becomes ``instead``; the tests ``only`` (as -k) of ``tests`` must fail."""

    name: str
    file: str
    text: str
    instead: str
    tests: str
    only: str = ""

    def found(self, source: Path = SOURCE) -> int:
        """How often the text stands in its file; it must be once, so that the mistake is the one that is meant."""
        return (source / PACKAGE / self.file).read_text(encoding="utf-8").count(self.text)


def copied(folder: Path, mistake: Mistake | None = None) -> Path:
    """A copy of the chassis's sources in ``folder``, with a mistake if one is given: a folder for PYTHONPATH."""
    shutil.copytree(SOURCE / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    if mistake is not None:
        path = folder / PACKAGE / mistake.file
        whole = path.read_text(encoding="utf-8")
        path.write_text(whole.replace(mistake.text, mistake.instead), encoding="utf-8")
    return folder
