"""Where our pipeline spends its time: ``python -m tests.benchmarks.profile [consumer|relay] [--events N] [--each]``.

The consumer or the relay is watched by py-spy, 250 times a second, while it takes a filled topic. Printed are the
functions with the most time of their own and with the most time with what they call; the folded stacks (for a flame
graph) stay in ``.b40/bench/<process>.folded``. What C code does is counted to the Python function that called it.
"""

import argparse
import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.benchmarks.contender import Begun, Ours, Started
from tests.benchmarks.paths import WORK
from tests.benchmarks.peers.python import own_environment
from tests.benchmarks.pipeline import Load, measure
from tests.benchmarks.site import Machine, Site
from tests.support.parts import running_kafka, running_postgres

SAMPLES_A_SECOND = 250


@dataclass(frozen=True, slots=True)
class Watched:
    """Our pipeline with one of its processes watched from its first effect on."""

    ours: Ours
    process: str
    folded: Path

    @property
    def name(self) -> str:
        """Its name in the report."""
        return f"ours, {self.process} watched"

    @asynccontextmanager
    async def running(self, site: Site) -> AsyncIterator[Started]:
        """Run it; what was watched is written at the end."""
        spy = await asyncio.to_thread(own_environment)
        watchers: list[asyncio.subprocess.Process] = []
        async with self.ours.running(site) as started:

            async def begun() -> Begun:
                first = await started.begun()
                watchers.append(await self._watch(spy.with_name("py-spy"), started.processes[self.process]))
                return first

            yield replace(started, begun=begun)
            for watcher in watchers:
                watcher.send_signal(signal.SIGINT)
                await watcher.wait()

    async def _watch(self, spy: Path, pid: int) -> asyncio.subprocess.Process:
        options = ["--rate", str(SAMPLES_A_SECOND), "--format", "raw", "--output", str(self.folded), "--pid", str(pid)]
        return await asyncio.create_subprocess_exec(
            str(spy), "record", *options, "--nonblocking",
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip


def shares(folded: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """Samples by function: of its own, and with what it calls (a function once per stack)."""
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for line in folded:
        stack, _, samples = line.rpartition(" ")
        frames = [_function(frame) for frame in stack.split(";")]
        own[frames[-1]] += int(samples)
        for frame in set(frames):
            whole[frame] += int(samples)
    return own, whole


def _function(frame: str) -> str:
    """``insert (b40_chassis/outbox.py:120)`` without its line, the same function with all its lines."""
    name, _, place = frame.partition(" (")
    return f"{name} ({'/'.join(Path(place.rpartition(':')[0]).parts[-2:])})" if place else name


def show(console: Console, folded: Path, top: int) -> None:
    """Print both lists side by side."""
    own, whole = shares(folded.read_text("utf-8").splitlines())
    total = own.total() or 1
    table = Table(title=f"{folded.stem}: share of {total:,} samples")
    for column in ("own", "function", "with what it calls", "function"):
        table.add_column(column, justify="left" if column == "function" else "right", no_wrap=True)
    for (mine, own_samples), (theirs, whole_samples) in zip(own.most_common(top), whole.most_common(top), strict=False):
        table.add_row(f"{own_samples / total:.1%}", mine, f"{whole_samples / total:.1%}", theirs)
    console.print(table)


def main() -> None:
    """Run the pipeline once, watched."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.profile", description=__doc__)
    parser.add_argument("process", nargs="?", choices=["consumer", "relay"], default="consumer")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--each", action="store_true", help="call the handler once per event")
    parser.add_argument("--top", type=int, default=25, help="functions in each list")
    given = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    watched = Watched(Ours(each=given.each), given.process, WORK / f"{given.process}.folded")
    console = Console(width=200)
    with running_kafka() as kafka, running_postgres() as postgres:
        run = asyncio.run(measure(watched, Machine(kafka, postgres), Load(given.events, seconds_max=240)))
    show(console, watched.folded, given.top)
    split = ", ".join(f"{name} {each:.1f}" for name, each in run.microseconds.items())
    console.print(f"{run.per_second:,.0f} events/s while watched; CPU µs per event: {split}")


if __name__ == "__main__":
    main()
