"""Traces: a transaction is a span that links to what it heard, and what it says carries its context on."""

from collections.abc import Sequence

import pytest
from b40_chassis import tracing
from b40_chassis.hears import Heard
from b40_chassis.work import Written
from b40_chassis.writing import ring, write
from b40_contracts.cloudevents import describe, to_http_structured, to_kafka
from b40_contracts.event import Event
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_trace_id

from tests.chassis.confidences import INTAKE, SecretHinted, SecretReported, Whisper, confidant
from tests.chassis.library import BookBound, BookReported, BookShelved, ShelfReported, Switches, library
from tests.support.stage import INTEGRATOR, Stage, moment

SENDER_TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SENDER = f"00-{SENDER_TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Keeps the spans of this process."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    return exporter


async def report(stage: Stage, event: Event) -> None:
    """Report an event over HTTP, with the context of its sender, and wait until all is done."""
    cloud_event = describe(
        event, id="1", source=INTEGRATOR, time=moment("2022-06-20"), extensions={"traceparent": SENDER}
    )
    message = to_http_structured(cloud_event)
    async with stage.http("library") as client:
        answer = await client.post("/intake", content=message.body, headers=dict(message.headers))
        assert answer.status_code == 202, answer.text
    await stage.quiet()


def trace_of(span: ReadableSpan) -> str:
    assert span.context is not None
    return format_trace_id(span.context.trace_id)


def linking(spans: Sequence[ReadableSpan], name: str, trace: str) -> ReadableSpan:
    """The one span of this name that is linked to a trace."""
    linked = [span for span in spans if trace in [format_trace_id(link.context.trace_id) for link in span.links]]
    (found,) = [span for span in linked if span.name == name]
    return found


async def test_a_story_can_be_followed_from_its_report_to_what_was_done_outside(
    kafka: str, postgres: str, exporter: InMemorySpanExporter
) -> None:
    """Breaks if a step makes no span, loses the context of the one before, or is one endless trace with it."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await report(stage, BookReported(book="b", shelf="s", title="unbound"))
        spans = exporter.get_finished_spans()
        traces = [SENDER_TRACE]
        for step in ("take a report", "take main", "perform bind"):
            traces.append(trace_of(linking(spans, step, traces[-1])))
        assert len(set(traces)) == 4, "not one endless trace"
        said = {type(heard.event): heard for heard in stage.heard}
        assert traces[2] in (said[BookShelved].traceparent or "")
        assert traces[3] in (said[BookBound].traceparent or "")
        assert said[BookBound].correlation == said[BookShelved].correlation == "1"


async def test_who_reports_over_kafka_is_followed_too(
    kafka: str, postgres: str, exporter: InMemorySpanExporter
) -> None:
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        event = BookReported(book="b", shelf="s", title="t")
        record = to_kafka(
            describe(event, id="1", source=INTEGRATOR, time=moment("2022-06-20"), extensions={"traceparent": SENDER})
        )
        await stage.publish_raw("library-intake", record.key, record.value, record.headers)
        await stage.quiet()
        taken = linking(exporter.get_finished_spans(), "take main", SENDER_TRACE)
        (shelved,) = [heard for heard in stage.heard if isinstance(heard.event, BookShelved)]
        assert trace_of(taken) in (shelved.traceparent or "")


async def test_a_span_says_nothing_of_what_it_was_about(
    kafka: str, postgres: str, exporter: InMemorySpanExporter
) -> None:
    """INVARIANT: no personal data in traces. Breaks if a span is given an attribute."""
    async with Stage(kafka, postgres, library(Switches())) as stage:
        await stage.publish(ShelfReported(shelf="s"))
        await stage.quiet()
        await report(stage, BookReported(book="b", shelf="s", title="unbound"))
    spans = exporter.get_finished_spans()
    assert {span.name for span in spans} >= {"take a report", "take main", "perform bind"}
    assert [span for span in spans if span.attributes or span.events] == []
    assert [link for span in spans for link in span.links if link.attributes] == []


async def test_what_came_sealed_makes_no_span_and_is_linked_to_nothing(
    kafka: str, postgres: str, exporter: InMemorySpanExporter
) -> None:
    """INVARIANT: traces do not cross sealed topics. Breaks if the times of reports, or what they caused, can be read
    from traces: at the intake, where it is taken, in its task, or on an open topic.
    """
    async with Stage(kafka, postgres, confidant()) as stage:
        await report(stage, SecretReported(keeper="Ayşe", secret="the bill"))
        assert [heard.traceparent for heard in stage.heard if isinstance(heard.event, SecretHinted)] == [None, None]
        assert {heard.topic for heard in stage.heard} == {INTAKE.name, "library-hints"}
    assert exporter.get_finished_spans() == ()


def heard(id: str, correlation: str | None) -> Heard[SecretHinted]:  # noqa: A002
    """An event as it came: without a correlation if it came sealed."""
    now = moment("2022-06-20")
    return Heard(SecretHinted(keeper=id), id, INTEGRATOR, now, now, "t", 0, 0, id, None, correlation, SENDER)


def test_what_came_open_carries_the_context_of_its_span_or_its_own() -> None:
    """Breaks if a story ends at an app that traces nothing."""
    current = SENDER.replace("00f067aa", "11111111")
    assert tracing.carried(heard("open", "1"), current) == current
    assert tracing.carried(heard("open", "1"), None) == SENDER
    assert tracing.carried(heard("sealed", None), current) is None
    assert tracing.carried(heard("sealed", None), None) is None


async def test_in_one_transaction_only_what_came_open_carries_its_context(
    kafka: str, postgres: str, exporter: InMemorySpanExporter
) -> None:
    """INVARIANT: breaks if a sealed event that is taken together with an open one is announced, or gets a task, in the
    span of both.
    """
    async with Stage(kafka, postgres, confidant()) as stage:
        frame, written = stage.services["library"].frame, Written()
        async with frame.pool.acquire() as connection, connection.transaction():
            work = frame.work(connection, moment("2022-06-20"), written)
            for cause in (heard("open", "1"), heard("sealed", None)):
                work.announce(cause.event, cause=cause)
                work.assign(Whisper(keeper=cause.id), cause=cause)
            with tracing.transaction("take main", []):
                await write(frame, connection, written)
            rows = await connection.fetch("SELECT task->>'keeper' AS keeper, traceparent FROM b40.task")
            assigned = {row["keeper"]: row["traceparent"] for row in rows}
        ring(frame, written)
        await stage.quiet()
        (both, performed) = exporter.get_finished_spans()
        assert trace_of(both) in assigned["open"]
        assert assigned["sealed"] is None
        assert performed.name == "perform whisper"
        said = [(each.event.keeper, each.traceparent) for each in stage.heard if isinstance(each.event, SecretHinted)]
        assert [context for keeper, context in said if keeper == "sealed"] == [None, None]
        traces = {context.split("-")[1] for keeper, context in said if keeper == "open" and context}
        assert traces == {trace_of(both), trace_of(performed)}
