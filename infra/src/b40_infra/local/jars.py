"""Kafka's own jars: named one by one with version and SHA-256, fetched once into the user's cache.

jgo resolves Kafka's modules to mixed versions when it resolves by itself, so nothing is resolved here: the list
beside this file is Maven's own runtime closure of ``kafka_2.13`` with a binding for its logging, and jgo only fetches.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from b40_infra.errors import Trouble

KAFKA_VERSION = "4.3.1"
LIST = Path(__file__).with_name("kafka-jars.txt")
FETCHED_AT_ONCE = 6
TRIES_MAX = 3

Fetch = Callable[["Jar", Path], Path]
"""Brings a jar into a folder and returns where it lies; raises OSError or RuntimeError if it cannot."""
Progress = Callable[[int, int], None]
"""Told how many jars are there, of how many."""


@dataclass(frozen=True, slots=True)
class Jar:
    """One jar of the list: its Maven coordinates and the SHA-256 of its content."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        """Name of the file, as ``kafka-clients-4.3.1.jar``."""
        return f"{self.artifact}-{self.version}.jar"


def cache_folder() -> Path:
    """The user's cache for this platform: ``$XDG_CACHE_HOME/b40``, by default ``~/.cache/b40``."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "b40"


def pinned(listed: Path = LIST) -> tuple[Jar, ...]:
    """The jars of a committed list, in its order."""
    lines = (line.split() for line in listed.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return tuple(_jar(coordinates, sha256) for coordinates, sha256 in lines)


def ensure(
    folder: Path | None = None,
    jars: Iterable[Jar] | None = None,
    progress: Progress | None = None,
    fetch: Fetch | None = None,
) -> list[Path]:
    """All jars, whole, as paths; what is missing or has another hash is fetched again.

    Raises Trouble if one cannot be had or comes with another hash than the list's.
    """
    target = folder or cache_folder() / f"kafka-{KAFKA_VERSION}"
    wanted = tuple(jars) if jars is not None else pinned()
    target.mkdir(parents=True, exist_ok=True)
    there = 0
    with ThreadPoolExecutor(FETCHED_AT_ONCE) as pool:
        for _ in pool.map(lambda jar: _ensure_one(jar, target, fetch or by_jgo), wanted):
            there += 1
            if progress is not None:
                progress(there, len(wanted))
    return [target / jar.filename for jar in wanted]


def paths() -> list[Path]:
    """Where the jars of the list lie once they are there."""
    return [cache_folder() / f"kafka-{KAFKA_VERSION}" / jar.filename for jar in pinned()]


def by_jgo(jar: Jar, folder: Path) -> Path:
    """Fetch one jar with jgo, which knows where Maven Central is."""
    from jgo.maven import MavenContext  # imported late: not needed once all is in the cache

    context = MavenContext(repo_cache=folder, local_repos=[], timeout=60)
    return Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())


def _jar(coordinates: str, sha256: str) -> Jar:
    group, artifact, version = coordinates.split(":")
    return Jar(group, artifact, version, sha256)


def _ensure_one(jar: Jar, target: Path, fetch: Fetch) -> None:
    path = target / jar.filename
    if path.exists() and _sha256(path) == jar.sha256:
        return
    reason = ""
    for _ in range(TRIES_MAX):
        with tempfile.TemporaryDirectory(dir=target, prefix=".part-") as part:
            try:
                fetched = fetch(jar, Path(part))
            except (OSError, RuntimeError) as error:  # requests' exceptions are OSErrors
                reason = f"{type(error).__name__}"
                continue
            if _sha256(fetched) == jar.sha256:
                shutil.move(fetched, Path(part) / "whole.jar")
                (Path(part) / "whole.jar").replace(path)
                return
            reason = "what came has another SHA-256 than the list says"
    raise Trouble(f"cannot fetch {jar.filename} of Apache Kafka: {reason}. Is the network there? It is needed once.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
