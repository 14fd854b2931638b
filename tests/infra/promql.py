"""What PromQL expressions use, against what is exported: metrics, and the labels that they have."""

from collections.abc import Iterator, Mapping

import promql_parser
from b40_chassis.measures import Histogram
from b40_chassis.metrics import METRICS
from b40_infra.observation.alerts import START_TIME
from b40_infra.observation.dashboards import CPU, MEMORY
from b40_infra.observation.own import OF_APPS

ALL = (*METRICS, *(metric for metrics in OF_APPS.values() for metric in metrics))
"""The catalogue, and what single apps have of their own."""
OF_TARGETS = {"job", "instance"}
"""Labels that Prometheus gives to all that it asks for."""
OF_PROCESSES = {START_TIME, CPU, MEMORY}
"""Metrics that the client library exports of every process."""
OF_PROMETHEUS = {"up": set[str](), "ALERTS": {"alertname", "alertstate", "severity"}}


def known() -> Mapping[str, set[str]]:
    """The labels of every metric that may be asked for, by the name of its samples."""
    ours = {
        name: {*metric.labels, *OF_TARGETS} | ({"le"} if isinstance(metric, Histogram) else set())
        for metric in ALL
        for name in metric.samples
    }
    others = {name: set[str]() for name in OF_PROCESSES} | OF_PROMETHEUS
    return ours | {name: labels | OF_TARGETS for name, labels in others.items()}


def nodes(expression: promql_parser.Expr) -> list[promql_parser.Expr]:
    """The expression and all its parts."""
    found: list[promql_parser.Expr] = []
    promql_parser.walk(expression, found.append)
    return found


def selected(expression: promql_parser.Expr) -> dict[str, set[str]]:
    """The metrics that an expression asks for, each with the labels that it is chosen by."""
    chosen: dict[str, set[str]] = {}
    for node in nodes(expression):
        if isinstance(node, promql_parser.VectorSelector):
            labels = {matcher.name for matcher in node.matchers.matchers}
            chosen.setdefault(node.name or "", set()).update(labels)
    return chosen


def result_labels(expression: promql_parser.Expr) -> set[str]:
    """The labels that its result has: those that it is summed by, or else those of its metrics."""
    sums = [node for node in nodes(expression) if isinstance(node, promql_parser.AggregateExpr)]
    if sums:
        return {label for node in sums for label in (node.modifier.labels if node.modifier else ())}
    return {label for name in selected(expression) for label in known().get(name, set())}


def faults(text: str) -> Iterator[str]:
    """What is wrong with an expression; it is parsed as Prometheus does. Raises ValueError if it cannot be."""
    expression = promql_parser.parse(text)
    for name, labels in selected(expression).items():
        if name not in known():
            yield f"{name} is not exported"
        else:
            yield from (f"{name} has no label {label}" for label in sorted(labels - known()[name]))
    for node in nodes(expression):
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            for name in selected(node.expr).keys() & known().keys():
                missing = set(node.modifier.labels) - known()[name]
                yield from (f"{name} has no label {label} to be summed by" for label in sorted(missing))
