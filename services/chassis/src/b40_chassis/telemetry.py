"""Logs as JSON lines, metrics for Prometheus, traces for OpenTelemetry: set up once per process."""

import logging
import sys
from collections.abc import MutableMapping, Sequence
from functools import cache
from typing import Any

import structlog
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from b40_chassis.errors import describe, places

QUIET_LOGGERS = {
    "aiokafka": logging.CRITICAL,
    "faststream": logging.CRITICAL,
    "uvicorn.access": logging.ERROR,
    "httpx": logging.ERROR,
}
"""With the broker away aiokafka alone logs some forty lines a second; FastStream repeats in its own words what a
subscriber raised; requests have names of people in their addresses."""


@cache
def set_up(app: str, level: str, otlp_endpoint: str | None) -> None:
    """Configure logs, metrics and traces of this process. Further calls with the same values change nothing."""
    _set_up_logs(app, level)
    resource = Resource.create({"service.name": app, "service.namespace": "b40"})
    reader = PrometheusMetricReader(scope_info_enabled=False)
    no_exemplars = AlwaysOffExemplarFilter()  # nobody reads them, and looking for one costs at every measurement
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader], exemplar_filter=no_exemplars))
    if otlp_endpoint is not None:
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
        trace.set_tracer_provider(provider)


def _set_up_logs(app: str, level: str) -> None:
    """One JSON object a line, of ours and of libraries alike, and no words of errors that may contain data."""
    shared: Sequence[structlog.typing.Processor] = (
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_error,
    )
    render = structlog.processors.JSONRenderer(default=str)
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
    )
    structlog.contextvars.bind_contextvars(app=app)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, _keep_first_line],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[handler])
    for name, quiet in QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(quiet)


def _tell_error(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """In place of a traceback, whose last line repeats the error's words: what it is, and where it came by."""
    raised = event.pop("exc_info", None)
    if isinstance(raised, tuple):
        raised = raised[1]
    error = raised if isinstance(raised, BaseException) else sys.exception() if raised else None
    if error is not None:
        event["error"], event["places"] = describe(error), places(error)
    return event


def _keep_first_line(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """asyncio tells what a lost task was about in further lines, by its ``repr``."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event
