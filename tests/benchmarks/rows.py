"""The rows: what each measures, of whom, and what it shall show. A try is one contender's measurement in one round."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.benchmarks import events
from tests.benchmarks.contender import Contender, Ours
from tests.benchmarks.growing import Templates
from tests.benchmarks.intake import Callers, measure_intake
from tests.benchmarks.latency import Pace, measure_latency
from tests.benchmarks.peers.ceiling import measure_ceiling
from tests.benchmarks.peers.python import Documented, Outbox
from tests.benchmarks.peers.streams import Streams
from tests.benchmarks.pipeline import Load, Run, measure
from tests.benchmarks.relaying import measure_relay
from tests.benchmarks.report import Aim
from tests.benchmarks.site import Machine

EVENTS_A_SECOND = "events/s"
OUR_PROCESSES_MEGABYTES_MAX = 400
SLOW_EVENTS_MAX = 3_000
"""For contenders that take a transaction per message."""
RUN_SECONDS_MAX = 120


@dataclass(frozen=True, slots=True)
class Bench:
    """The machine, and how much is measured."""

    machine: Machine
    templates: Templates
    events: int = 200_000
    seconds: int = 10
    catch_up: int = 200_000
    inbox: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """What a try showed."""

    value: float
    details: Mapping[str, Any] = field(default_factory=dict)
    remark: str = ""


Try = Callable[[Bench], Awaitable[Measured]]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One row."""

    name: str
    title: str
    tries: Mapping[str, Try]
    aims: Sequence[Aim]
    unit: str = EVENTS_A_SECOND
    higher_is_better: bool = True


def _speed(run: Run) -> Measured:
    return Measured(run.per_second, asdict(run))


def _throughput(contender: Contender, events_max: int | None = None) -> Try:
    async def try_(bench: Bench) -> Measured:
        load = Load(min(bench.events, events_max or bench.events), seconds_max=RUN_SECONDS_MAX)
        return _speed(await measure(contender, bench.machine, load))

    return try_


async def _ceiling(bench: Bench) -> Measured:
    return _speed(await measure_ceiling(bench.machine, Load(bench.events)))


async def _relay(bench: Bench) -> Measured:
    return _speed(await measure_relay(bench.machine, Load(bench.events, seconds_max=RUN_SECONDS_MAX)))


def _intake(callers: Callers) -> Try:
    async def try_(bench: Bench) -> Measured:
        found = await measure_intake(callers, bench.machine, bench.seconds)
        remark = f"p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms of {found.requests:,} requests"
        return Measured(found.per_second, asdict(found), remark)

    return try_


def _latency(contender: Contender, per_second: int) -> Try:
    async def try_(bench: Bench) -> Measured:
        found = await measure_latency(contender, bench.machine, Pace(per_second, bench.seconds))
        return Measured(found.p99, asdict(found))

    return try_


async def _catch_up(bench: Bench) -> Measured:
    run = await measure(Ours(), bench.machine, Load(bench.catch_up, seconds_max=8 * 60))
    return Measured(max(run.megabytes_max[name] for name in ("consumer", "relay")), asdict(run))


def _cost(consumers: int) -> Try:
    async def try_(bench: Bench) -> Measured:
        run = await measure(Ours(consumers=consumers), bench.machine, Load(bench.events, seconds_max=RUN_SECONDS_MAX))
        return Measured(sum(each for name, each in run.microseconds.items() if name != "reader"), asdict(run))

    return try_


def _growth(rows: int | None, *, random: bool = False, checkpoint: bool = False) -> Try:
    async def try_(bench: Bench) -> Measured:
        template = await bench.templates.with_inbox(rows or bench.inbox, random=random)
        ids = events.random if random else events.time_ordered
        load = Load(bench.events, ids, RUN_SECONDS_MAX, "CHECKPOINT" if checkpoint else None)
        return _speed(await measure(Ours(), bench.machine, load, template))

    return try_


OURS = Ours()
TOGETHER = Ours("ours, consumer and relay in one process", together=True)
ELSEWHERE = Ours("ours, relay elsewhere")
ROCKSDB = (Streams("rocksdb", 1), Streams("rocksdb", 2))
MEMORY = (Streams("memory", 1), Streams("memory", 2))
QUICK_COMMIT = Streams("memory", 1, 10)
FEW, MANY = 10_000, None
ALONE, FEW_CALLERS, MANY_CALLERS = Callers(1), Callers(8), Callers(32)
BATCHES = Callers(4, batch=100)
INTAKE_EVENTS_MIN = 1_000


def _names(contenders: Sequence[Contender]) -> tuple[str, ...]:
    return tuple(each.name for each in contenders)


def _latency_row(per_second: int, milliseconds_max: float) -> Benchmark:
    streams = (ROCKSDB[0], MEMORY[0])
    return Benchmark(
        f"latency-{per_second}",
        f"latency p99 at {per_second:,}/s, event in → announcement visible",
        {each.name: _latency(each, per_second) for each in (TOGETHER, ELSEWHERE, *streams, QUICK_COMMIT)},
        [Aim(TOGETHER.name, most=milliseconds_max), Aim(TOGETHER.name, _names(streams), most=0.4)],
        unit="ms",
        higher_is_better=False,
    )


BENCHMARKS: Sequence[Benchmark] = (
    Benchmark(
        "pipeline",
        "pipeline: one consumer process, one relay, set-based handler",
        {OURS.name: _throughput(OURS), "PostgreSQL alone": _ceiling}
        | {each.name: _throughput(each) for each in (*ROCKSDB, *MEMORY)},
        [
            Aim(OURS.name, _names(ROCKSDB), least=1.2),
            Aim(OURS.name, _names(MEMORY), least=1.0),
            Aim(OURS.name, ("PostgreSQL alone",)),
        ],
    ),
    Benchmark(
        "each",
        "pipeline with a handler per event",
        {
            OURS.name: _throughput(Ours(each=True), 20_000),
            Documented().name: _throughput(Documented(), SLOW_EVENTS_MAX),
        },
        [Aim(OURS.name, (Documented().name,), least=12)],
    ),
    Benchmark(
        "faststream",
        "pipeline against FastStream as documented",
        {OURS.name: _throughput(OURS), Documented().name: _throughput(Documented(), SLOW_EVENTS_MAX)},
        [Aim(OURS.name, (Documented().name,), least=100)],
    ),
    Benchmark(
        "outbox",
        "pipeline against faststream-outbox, tuned",
        {OURS.name: _throughput(OURS), Outbox().name: _throughput(Outbox(), 20_000)},
        [Aim(OURS.name, (Outbox().name,), least=10)],
    ),
    Benchmark(
        "relay",
        "relay alone, archive included, against the pipeline",
        {"relay alone": _relay, OURS.name: _throughput(OURS)},
        [Aim("relay alone", (OURS.name,), least=1.5)],
    ),
    Benchmark(
        "intake",
        "intake over HTTPS, until the app has answered 202 (committed)",
        {each.name: _intake(each) for each in (ALONE, FEW_CALLERS, MANY_CALLERS, BATCHES)},
        [Aim(BATCHES.name, least=INTAKE_EVENTS_MIN), Aim(MANY_CALLERS.name, least=INTAKE_EVENTS_MIN), Aim(ALONE.name)],
    ),
    _latency_row(100, 20),
    _latency_row(1_000, 50),
    Benchmark(
        "catch-up",
        "catching up: most memory of a process",
        {OURS.name: _catch_up},
        [Aim(OURS.name, most=OUR_PROCESSES_MEGABYTES_MAX)],
        unit="MB",
        higher_is_better=False,
    ),
    Benchmark(
        "copies",
        "CPU time per event of all processes but the reader",
        {f"{count} cop{'ies' if count > 1 else 'y'}": _cost(count) for count in (1, 2, 4)},
        [Aim("2 copies", ("1 copy",)), Aim("4 copies", ("1 copy",))],
        unit="µs",
        higher_is_better=False,
    ),
    Benchmark(
        "growth",
        "pipeline by rows in the inbox",
        {
            "few, time-ordered": _growth(FEW),
            "many, time-ordered": _growth(MANY),
            "many, time-ordered, after a checkpoint": _growth(MANY, checkpoint=True),
            "few, random": _growth(FEW, random=True),
            "many, random": _growth(MANY, random=True),
            "many, random, after a checkpoint": _growth(MANY, random=True, checkpoint=True),
        },
        [
            Aim("many, time-ordered", ("few, time-ordered",), least=0.9),
            Aim("many, time-ordered, after a checkpoint", ("few, time-ordered",), least=0.9),
            Aim("many, random", ("few, random",), least=0.7),
            Aim("many, random, after a checkpoint", ("few, random",), least=0.7),
        ],
    ),
)
