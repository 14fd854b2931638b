"""What `/metrics` of a running app exports is what the catalogue of metrics declares, and says how the app stands."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from b40_chassis import metrics
from b40_chassis.hears import Connection
from b40_chassis.measures import Counter, Gauge, Histogram, Metric
from b40_chassis.settings import Role
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.chassis.library import (
    BOOKS,
    FORBIDDEN,
    INTAKE,
    LOANS_OUT,
    BookReported,
    LoanReported,
    ShelfReported,
    Switches,
    library,
)
from tests.infra.promql import OF_PROCESSES
from tests.support.copies import Copy
from tests.support.ground import until
from tests.support.stage import Stage

DECLARED: tuple[Metric, ...] = (*metrics.METRICS, FORBIDDEN, LOANS_OUT)
"""The catalogue, and what the library has of its own."""
KINDS = {Counter: "counter", Gauge: "gauge", Histogram: "histogram"}
RUBBISH = "//rubbish.example/sender"


@asynccontextmanager
async def running(stage: Stage, folder: Path) -> AsyncIterator[Copy]:
    """The library as a process: what it exports is its own."""
    await stage.stop("library")
    copy = Copy("library", "tests.chassis.library", folder, stage.environment("library"))
    copy.start()
    try:
        await until(copy.ready, 60)
        yield copy
    finally:
        copy.end()


async def exported(copy: Copy) -> str:
    async with httpx.AsyncClient(timeout=10) as client:
        return (await client.get(f"{copy.operations}/metrics")).text


def samples(text: str) -> Iterator[Sample]:
    for family in text_string_to_metric_families(text):
        yield from (sample for sample in family.samples if sample.name.startswith("b40_"))


async def work_a_little(stage: Stage) -> None:
    """A state, what follows from it, a task, a refusal, a dead letter, and time that passes."""
    await stage.publish(ShelfReported(shelf="s"))
    for number, title in enumerate(("fine", "unbound", "forbidden", "crash")):
        await stage.publish(BookReported(book=f"b{number}", shelf="s", title=title))
    await stage.publish_raw(INTAKE.name, b"k", b"\xff", [("ce_source", RUBBISH.encode())])
    await stage.tick("2022-06-20T09:00:00")


async def test_what_is_exported_is_what_the_catalogue_declares(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if a metric is declared and never set, is exported under another name, or has other labels."""
    declared = {name: metric for metric in DECLARED for name in metric.samples}
    async with Stage(kafka, postgres, library(Switches())) as stage, running(stage, tmp_path) as copy:
        await work_a_little(stage)

        async def all_are_there() -> bool:
            return {sample.name for sample in samples(await exported(copy))} >= declared.keys()

        await until(all_are_there, 60)
        text = await exported(copy)
    assert {sample.name for sample in samples(text)} == declared.keys()
    for sample in samples(text):
        assert sample.labels.keys() - {"le"} == set(declared[sample.name].labels), sample.name
    families = {family.name: family for family in text_string_to_metric_families(text)}
    for metric in DECLARED:
        family = families[metric.exported]
        assert (family.type, family.documentation) == (KINDS[type(metric)], metric.description)
    assert any(sample.labels == {"source": RUBBISH} for sample in samples(text))
    assert {name.removesuffix("_total") for name in OF_PROCESSES} <= families.keys(), "alarms and dashboards use them"


async def test_counters_begin_at_0(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if a counter appears with its first rise: Prometheus would not see that it rose."""
    async with Stage(kafka, postgres, library(Switches())) as stage, running(stage, tmp_path) as copy:
        told = {(sample.name, *sample.labels.values()): sample.value for sample in samples(await exported(copy))}
    assert told["b40_unsendable_total", BOOKS.name] == told["b40_unsendable_total", INTAKE.name] == 0
    assert told["b40_task_failures_total", "bind"] == 0
    assert told["b40_set_aside_total", "unreadable"] == 0
    counters = {metric.samples[0] for metric in DECLARED if isinstance(metric, Counter)}
    assert counters <= {name for name, *_ in told}


async def test_gauges_say_how_the_app_stands_when_it_is_asked(kafka: str, postgres: str) -> None:
    """Breaks if what waits, is old, dead or stopped is not told, or told of an earlier moment."""
    consumer = frozenset({Role.CONSUMER})  # nobody sends, nobody performs tasks
    async with Stage(kafka, postgres, library(Switches()), run=consumer) as stage, stage.operations("library") as app:

        async def told() -> dict[tuple[str, ...], float]:
            text = (await app.get("/metrics")).text
            return {(sample.name, *sample.labels.values()): sample.value for sample in samples(text)}

        assert (await told())["b40_outbox_waiting",] == 0
        await work_a_little(stage)

        async def taken() -> bool:
            return bool((await app.get("/lag")).json()[INTAKE.name] == 0)

        await until(taken, 30)
        await stage.query("library", "UPDATE b40.outbox SET written = written - interval '1 hour'")
        stop = "UPDATE b40.position SET stopped = 'a test' WHERE topic = $1 AND partition < 2"
        await stage.query("library", stop, INTAKE.name)
        now = await told()
        assert now["b40_outbox_waiting",] >= 2
        assert 3_600 <= now["b40_oldest_unsent_seconds",] < 3_700
        assert now["b40_tasks_waiting",] == 1
        assert now["b40_dead_letters",] == 2
        assert now["b40_partitions_stopped", INTAKE.name] == 2
        assert now["b40_partitions_stopped", "clock"] == 0
        assert now["b40_ready",] == 1
        assert 0 <= now["b40_tick_age_seconds",] < 60
        status = (await app.get("/status")).json()
        assert 3_600 <= status["oldest_unsent"] < 3_700
        await stage.query("library", "UPDATE b40.outbox SET sent = now()")
        await stage.query("library", "DELETE FROM b40.task")
        now = await told()
        assert now["b40_outbox_waiting",] == now["b40_oldest_unsent_seconds",] == now["b40_tasks_waiting",] == 0


async def test_an_app_counts_what_is_committed_and_tells_its_gauges_at_the_platforms_time(
    kafka: str, postgres: str
) -> None:
    """Breaks if what came twice or was taken back is counted, or a gauge goes by the machine's clock."""
    async with Stage(kafka, postgres, library(Switches())) as stage, stage.operations("library") as app:

        async def told() -> dict[str, float]:
            text = (await app.get("/metrics")).text
            return {sample.name: sample.value for sample in samples(text) if not sample.labels}

        before = (await told())[FORBIDDEN.samples[0]]
        assert (await told())[LOANS_OUT.name] == 0, "there was no tick yet"
        await stage.tick("2022-06-20T09:00:00")
        await stage.publish(ShelfReported(shelf="s"))
        for id_ in ("once", "once", "again"):
            await stage.publish(BookReported(book="b", shelf="s", title="forbidden"), id=id_)
        await stage.publish(LoanReported(loan="l", due=datetime(2022, 6, 21, tzinfo=UTC)))
        await stage.quiet()
        now = await told()
        assert (now[FORBIDDEN.samples[0]] - before, now[LOANS_OUT.name]) == (2, 1)
        await stage.tick("2022-06-21T09:00:00")
        await stage.quiet()
        assert (await told())[LOANS_OUT.name] == 0


async def test_a_gauge_that_cannot_be_read_hides_no_other(
    kafka: str, postgres: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Breaks if a mistake in one reader takes all metrics away, or nobody is told of it."""

    async def fail(_connection: Connection, _now: datetime) -> float:
        raise RuntimeError

    app = replace(library(Switches()), gauges={LOANS_OUT: fail})
    async with Stage(kafka, postgres, app) as stage, stage.operations("library") as operations:
        await stage.tick("2022-06-20T09:00:00")
        await stage.quiet()
        answer = await operations.get("/metrics")
    assert answer.status_code == 200
    assert "b40_ready 1.0" in answer.text
    assert "a gauge is not known" in "".join(capsys.readouterr())


def test_a_metric_has_the_labels_that_it_declares() -> None:
    with pytest.raises(AssertionError, match="b40_records has the labels"):
        metrics.records.add(1, topic="clock")


def test_the_names_of_metrics_are_different() -> None:
    names = [name for metric in DECLARED for name in metric.samples]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("metric", DECLARED, ids=lambda metric: metric.name)
def test_a_metric_says_what_it_is(metric: Metric) -> None:
    assert metric.name.startswith("b40_")
    assert metric.description.endswith(".")
