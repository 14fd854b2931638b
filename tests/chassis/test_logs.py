"""Logs are JSON, and say nothing of what events, requests and tasks were about: no address, no password, no value."""

import asyncio
import json
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from b40_chassis import tracing
from b40_chassis.errors import describe, of_infrastructure
from b40_chassis.settings import Settings
from b40_infra.local import ports
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import ValidationError

from tests.chassis.library import INTAKE, ShelfReported
from tests.chassis.telltale import MISHAPS, PERSON, telltale
from tests.support.collector import collecting
from tests.support.copies import Copy
from tests.support.ground import until
from tests.support.stage import Stage

NAME = PERSON.split("@", maxsplit=1)[0]
FAILING = sorted(MISHAPS.keys() - {"lost"})


def told(copy: Copy) -> list[dict[str, Any]]:
    """The lines of a copy's log; each is a JSON object."""
    return [json.loads(line) for line in copy.child.log.read_text("utf-8").splitlines()]


async def provoke(stage: Stage, copy: Copy) -> None:
    """Have every mishap happen to an event and to a request, one to a task; and rubbish come."""
    for name in (*MISHAPS, "task"):
        await stage.publish(ShelfReported(shelf=name), source=f"//{NAME}.example")
    await stage.publish_raw(INTAKE.name, PERSON.encode(), PERSON.encode(), [("ce_source", PERSON.encode())])
    async with httpx.AsyncClient(base_url=f"http://{ports.HOST}:{copy.public_port}", timeout=20) as client:
        for name in MISHAPS:
            answer = await client.post(f"/mishaps/{name}", headers={"Idempotency-Key": PERSON})
            assert answer.status_code == (500 if name in FAILING else 200), name
            assert NAME not in answer.text
            assert name not in FAILING or answer.headers["connection"] == "close", "else it is used again, and cut off"
        assert (await client.get(f"/intake/{NAME}/{PERSON}")).status_code == 404
        for body in (PERSON.encode(), json.dumps({"specversion": PERSON}).encode()):
            answer = await client.post(
                "/intake", content=body, headers={"content-type": "application/cloudevents+json"}
            )
            assert answer.status_code == 400


async def all_failed(stage: Stage, copy: Copy) -> list[dict[str, Any]]:
    """Have everything fail in a process, wait until it was told, and end it. Returns what it had set aside."""
    copy.start()
    try:
        await until(copy.ready, 60)
        await provoke(stage, copy)

        async def set_aside() -> list[dict[str, Any]]:
            async with httpx.AsyncClient(base_url=copy.operations, timeout=20) as client:
                return list((await client.get("/set-aside")).json())

        async def all_told() -> bool:
            tried_again = "a task is tried again" in {line["event"] for line in told(copy)}
            return tried_again and len(await set_aside()) == len(FAILING) + 1

        await until(all_told, 60)
        return await set_aside()
    finally:
        copy.end()


async def test_no_log_and_no_trace_repeats_what_failed(kafka: str, postgres: str, tmp_path: Path) -> None:
    """Breaks if an error is told in words that hold its data, by us, uvicorn, FastStream, FastAPI or asyncio."""
    async with Stage(kafka, postgres, telltale()) as stage:
        await stage.stop("library")
        with collecting() as (endpoint, traces):
            settings = stage.environment("library") | {"B40_OTLP_ENDPOINT": endpoint}
            copy = Copy("library", "tests.chassis.telltale", tmp_path, settings)
            letters = await all_failed(stage, copy)
    assert not [letter for letter in letters if NAME in letter["detail"]]
    assert NAME not in copy.child.log.read_text("utf-8")
    assert {line["app"] for line in told(copy)} == {"library"}
    by_request = [line for line in told(copy) if line["event"] == "Exception in ASGI application"]
    assert len(by_request) == len(FAILING)
    assert all(line["places"] and line["level"] == "error" for line in by_request)
    events = {line["event"] for line in told(copy)}
    assert "Task exception was never retrieved" in events
    assert "Failed to detach context" not in events, "a span ends where it began"
    assert all(name in b"".join(traces) for name in (b"take main", b"take a request", b"ValueError"))
    assert NAME.encode() not in b"".join(traces)


def raised(error: BaseException) -> BaseException:
    """The error, with a place where it came up."""
    try:
        raise error
    except BaseException as caught:
        return caught


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("the broker is away"), "OSError: the broker is away"),
        (TimeoutError(), "TimeoutError: no message"),
        (asyncpg.UniqueViolationError("duplicate key"), "UniqueViolationError: duplicate key"),
        (asyncpg.InterfaceError("connection is closed"), "InterfaceError: connection is closed"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_who_leaves_data_out_is_told_in_its_own_words(error: BaseException, words: str) -> None:
    assert describe(raised(error)) == words


def test_of_others_it_is_told_where_they_came_up() -> None:
    """Breaks if an operator is left without a trace of what failed."""
    assert describe(raised(ValueError(PERSON))).startswith(f"ValueError at {__name__}:")
    assert describe(ValueError(PERSON)) == "ValueError"


def test_a_value_that_cannot_be_sent_is_no_fault_of_the_infrastructure() -> None:
    """Breaks if a handler's wrong argument brings its batch again for ever: nothing of it could be set aside."""
    assert not of_infrastructure(asyncpg.exceptions._base.DataError("invalid input"))
    assert of_infrastructure(asyncpg.InterfaceError("connection is closed"))


def test_settings_that_are_wrong_are_told_without_those_that_are_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a start that fails prints the password of its database."""
    monkeypatch.delenv("B40_KAFKA", raising=False)
    monkeypatch.setenv("B40_DATABASE", "postgresql://library:hunter2@db/library")
    monkeypatch.setenv("B40_SECRET", "5ec2e7")
    with pytest.raises(ValidationError) as failed:
        Settings()
    assert "kafka" in str(failed.value)
    assert "hunter2" not in str(failed.value)
    assert "5ec2e7" not in str(failed.value)


async def test_a_trace_tells_the_kind_of_an_error_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if what a transaction was about leaves the platform with its span."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))

    async def fails() -> None:
        with tracing.transaction("take main", []):
            raise ValueError(PERSON)

    (outcome,) = await asyncio.gather(fails(), return_exceptions=True)
    assert isinstance(outcome, ValueError)
    (span,) = exporter.get_finished_spans()
    assert span.status.description == "ValueError"
    assert NAME not in span.to_json()
