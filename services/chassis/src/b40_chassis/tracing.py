"""Traces across topics: a transaction is a span that links to what it heard; what it says carries its context.

What came sealed has no part in it: it makes no span, it is linked to nothing, and what it causes carries no context.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from fastapi.telemetry import TelemetryConfig
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

LINKS_MAX = 32
OF_HTTP: TelemetryConfig = {"tracing": False, "logs": False}
"""FastAPI's own spans hold the paths of requests, and so sources, ids and tokens of links; its metrics do not."""

_tracer = trace.get_tracer("b40")
_propagator = TraceContextTextMapPropagator()


@contextmanager
def transaction(name: str, traceparents: Sequence[str], *, told: bool = True) -> Iterator[None]:
    """A span of one transaction, linked to the spans that had said what it hears. None if it is not to be ``told``.

    An error is noted by its kind alone: its words and its traceback may contain what the transaction was about.
    """
    if not told:
        yield
        return
    links = [trace.Link(context) for each in traceparents[:LINKS_MAX] if (context := _context(each)).is_valid]
    with _tracer.start_as_current_span(
        name, links=links, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except Exception as error:
            span.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise


def current() -> str | None:
    """The ``traceparent`` of the current span, or None if nothing is traced."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


def carried(cause: object, current: str | None) -> str | None:
    """The ``traceparent`` of what is said or done because of a cause: of the current span, else the cause's own.

    None if it came sealed: whatever has no correlation although its kind has one.
    """
    if getattr(cause, "correlation", "") is None:
        return None
    return current or getattr(cause, "traceparent", None)


def _context(traceparent: str) -> trace.SpanContext:
    extracted = _propagator.extract({"traceparent": traceparent})
    return trace.get_current_span(extracted).get_span_context()
