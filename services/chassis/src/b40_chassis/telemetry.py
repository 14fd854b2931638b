"""Logs as JSON lines, metrics for Prometheus, traces for OpenTelemetry: set up once per process."""

import logging
from functools import cache

import structlog
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

QUIET_LOGGERS = ("aiokafka", "faststream", "uvicorn.access", "httpx")
"""With the broker away aiokafka alone logs some forty lines a second."""


@cache
def set_up(app: str, level: str, otlp_endpoint: str | None) -> None:
    """Configure logs, metrics and traces of this process. Further calls with the same values change nothing."""
    logging.basicConfig(level=level, format="%(message)s")
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL if name == "aiokafka" else logging.ERROR)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
    )
    structlog.contextvars.bind_contextvars(app=app)
    resource = Resource.create({"service.name": app, "service.namespace": "b40"})
    reader = PrometheusMetricReader(scope_info_enabled=False)
    metrics.set_meter_provider(MeterProvider(resource=resource, metric_readers=[reader]))
    if otlp_endpoint is not None:
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
        trace.set_tracer_provider(provider)
