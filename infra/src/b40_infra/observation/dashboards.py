"""Dashboards: one over all apps, and one of each app, which follows from what the catalogue says it hears and says."""

from collections.abc import Sequence
from typing import Any

from b40_chassis import metrics
from b40_chassis.measures import Counter, Metric
from b40_contracts import catalogue
from b40_contracts.platform import APPS
from b40_contracts.topic import Topic

from b40_infra.observation.own import OF_APPS
from b40_infra.observation.panels import WIDTH, Panel, dashboard

OVERVIEW = "overview"
MEMORY, CPU = "process_resident_memory_bytes", "process_cpu_seconds_total"
"""Prometheus' client library tells them of every process."""


def overview() -> dict[str, Any]:
    """All apps: is everything well, and if not, where."""
    firing = [('ALERTS{alertstate="firing"}', "")]
    panels = [
        _stat("Apps that do not answer", "Processes that Prometheus does not reach.", "sum(up == bool 0)"),
        _stat("Not ready", "Copies that are not ready.", f"sum({metrics.ready.exported} == bool 0)"),
        _worst("Stopped partitions", metrics.stopped),
        _worst("Dead letters", metrics.dead_letters),
        _worst("Unsendable", metrics.unsendable_open),
        _stat("Last tick", metrics.tick_age.description, f"min({metrics.tick_age.exported})", unit="s", bad_from=180),
        Panel(title="Alarms", description="What is wrong now.", kind="table", queries=firing, width=WIDTH),
        _rates("Records taken", metrics.records),
        _highest("Lag", metrics.lag),
        _highest("Behind", metrics.behind, unit="s"),
        _quantile("Transactions, 99 of 100", metrics.batch_time, "job", "{{job}}", unit="s"),
        _rates("Announced", metrics.announced),
        _highest("Oldest unsent", metrics.oldest_unsent, unit="s"),
        _rates("Refused", metrics.refusals),
        _rates("Batches that come again", metrics.failures),
        _highest("Tasks to do", metrics.tasks_waiting),
    ]
    return dashboard(OVERVIEW, "B40: all apps", panels)


def of_app(app: str) -> dict[str, Any]:
    """One app: what it takes and says, how fast, and what waits or went wrong."""
    mine = f'job="{app}"'
    heard, said = catalogue.heard_by(app), catalogue.said_by(app)
    panels = [
        Panel(
            title="Topics",
            description="As the catalogue has them.",
            kind="text",
            text=_topics("Hears", heard) + "\n\n" + _topics("Says", said),
            width=WIDTH,
            height=3 + len(heard) + len(said),
        ),
        _rates("Records taken", metrics.records, mine, by="hearing"),
        _highest("Lag", metrics.lag, mine, by="topic"),
        _highest("Behind", metrics.behind, mine, by="topic", unit="s"),
        _quantile("Records a transaction, median", metrics.batch_size, "hearing", "{{hearing}}", mine, part=0.5),
        _quantile("Transactions, 99 of 100", metrics.batch_time, "hearing", "{{hearing}}", mine, unit="s"),
        _rates("Batches that come again", metrics.failures, mine, by="hearing"),
        _quantile("Settled after, 99 of 100", metrics.settle_time, "after", "{{after}}", mine, unit="s", window="1h"),
        _rates("Duplicates dropped", metrics.duplicates, mine),
        _rates("Types not known here", metrics.unknown_types, mine, by="hearing"),
        _rates("Refused", metrics.refusals, mine),
        _rates("Set aside", metrics.set_aside, mine, by="state"),
        _rates("Unreadable, by sender", metrics.unreadable, mine, by="source"),
        _highest("Dead letters", metrics.dead_letters, mine),
        _highest("Waiting for a key, or behind one", metrics.waiting, mine),
        _highest("Stopped partitions", metrics.stopped, mine, by="topic"),
        *_saying_of(mine),
        _highest("A tick waits", metrics.tick_waits, mine, unit="s"),
        *_own_of(app, mine),
        _highest("Memory", MEMORY, mine, by="instance", unit="bytes"),
        _rates("CPU", CPU, mine, by="instance", unit="s"),
    ]
    return dashboard(app, f"B40: {app}", panels)


def _saying_of(mine: str) -> Sequence[Panel]:
    return (
        _rates("Announced", metrics.announced, mine),
        _rates("Sent", metrics.relayed, mine),
        _highest("Outbox", metrics.outbox_waiting, mine),
        _highest("Oldest unsent", metrics.oldest_unsent, mine, unit="s"),
        _rates("Sends that failed", metrics.relay_failures, mine),
        _rates("Refused by Kafka", metrics.unsendable, mine, by="topic"),
        _rates("Tasks done", metrics.tasks_done, mine, by="kind"),
        _rates("Tasks that failed", metrics.task_failures, mine, by="kind"),
        _highest("Tasks to do", metrics.tasks_waiting, mine),
        _rates("Rows forgotten", metrics.forgotten, mine, by="table"),
    )


def _own_of(app: str, mine: str) -> Sequence[Panel]:
    """What it alone tells: gauges as they are, counters by the day."""
    panels = []
    for metric in OF_APPS.get(app, ()):
        name = metric.samples[0]
        value = f"increase({name}{{{mine}}}[1d])" if isinstance(metric, Counter) else f"{name}{{{mine}}}"
        query = f"{'sum' if isinstance(metric, Counter) else 'max'} by (job) ({value})"
        title = metric.name.removeprefix("b40_").replace("_", " ").capitalize()
        panels.append(Panel(title=title, description=metric.description, queries=[(query, "{{job}}")]))
    return panels


def dashboards() -> dict[str, dict[str, Any]]:
    """Every dashboard by its name."""
    return {OVERVIEW: overview()} | {app: of_app(app) for app in APPS}


def _topics(what: str, topics: Sequence[Topic]) -> str:
    return "\n".join([f"**{what}**", *(f"- `{topic.name}` {topic.description}" for topic in topics)])


def _described(metric: Metric | str) -> tuple[str, str]:
    if isinstance(metric, str):
        return metric, f"{metric}, of each process."
    return metric.samples[0], metric.description


def _rates(title: str, metric: Metric | str, mine: str = "", *, by: str = "job", unit: str = "short") -> Panel:
    name, description = _described(metric)
    query = f"sum by ({by}) (rate({name}{{{mine}}}[5m]))"
    return Panel(title=f"{title} a second", description=description, queries=[(query, f"{{{{{by}}}}}")], unit=unit)


def _highest(title: str, metric: Metric | str, mine: str = "", *, by: str = "job", unit: str = "short") -> Panel:
    name, description = _described(metric)
    query = f"max by ({by}) ({name}{{{mine}}})"
    return Panel(title=title, description=description, queries=[(query, f"{{{{{by}}}}}")], unit=unit)


def _quantile(
    title: str,
    metric: Metric,
    by: str,
    legend: str,
    mine: str = "",
    *,
    part: float = 0.99,
    unit: str = "short",
    window: str = "5m",
) -> Panel:
    name, description = _described(metric)
    query = f"histogram_quantile({part}, sum by ({by}, le) (rate({name}{{{mine}}}[{window}])))"
    return Panel(title=title, description=description, queries=[(query, legend)], unit=unit)


def _stat(title: str, description: str, query: str, *, unit: str = "short", bad_from: float = 1) -> Panel:
    queries = [(query, title)]
    return Panel(
        title=title,
        description=description,
        kind="stat",
        queries=queries,
        unit=unit,
        bad_from=bad_from,
        width=4,
        height=4,
    )


def _worst(title: str, metric: Metric) -> Panel:
    labels = ", ".join(("job", *metric.labels))
    return _stat(title, metric.description, f"sum(max by ({labels}) ({metric.exported}))")
