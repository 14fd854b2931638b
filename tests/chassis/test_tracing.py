"""Traces: a transaction is a span that links to what it heard, and what it says carries its context on."""

from b40_contracts.cloudevents import describe, to_kafka
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.chassis.library import BookReported, BookShelved, ShelfReported, Switches, library
from tests.support.stage import INTEGRATOR, Stage, moment

SENDER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_a_story_can_be_followed_from_its_report_to_what_was_announced(kafka: str, postgres: str) -> None:
    """Breaks if a batch makes no span, loses the sender's context, or announces without its own."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        event = BookReported(book="b", shelf="s", title="t")
        cloud_event = describe(
            event, id="1", source=INTEGRATOR, time=moment("2022-06-20"), extensions={"traceparent": SENDER}
        )
        record = to_kafka(cloud_event)
        await stage.publish_raw("library-intake", record.key, record.value, record.headers)
        await stage.quiet()
        linked = [
            span
            for span in exporter.get_finished_spans()
            for link in span.links
            if f"{link.context.trace_id:032x}" in SENDER
        ]
        assert [span.name for span in linked] == ["take main"]
        (shelved,) = [heard for heard in stage.heard if isinstance(heard.event, BookShelved)]
        assert linked[0].context is not None
        assert f"{linked[0].context.trace_id:032x}" in (shelved.traceparent or "")
        assert shelved.correlation == "1"
