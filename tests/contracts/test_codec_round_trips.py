"""Whatever may be said comes back as it was, in every mode; whatever comes in, nothing but Malformed comes out."""

from contextlib import suppress

from b40_contracts.cloudevents import (
    CloudEvent,
    Malformed,
    from_http,
    from_http_batch,
    from_kafka,
    from_structured,
    is_batch,
    to_http,
    to_http_batch,
    to_http_structured,
    to_kafka,
    to_kafka_structured,
    to_structured,
)
from b40_contracts.cloudevents.structured import write_json
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.envelopes import ORDINARY, envelopes, json_objects, times

any_time = st.none() | times
said = json_objects.map(lambda value: write_json("data", value))


@given(envelopes(said | st.none(), any_time))
def test_kafka_binary_brings_back_what_was_said(event: CloudEvent) -> None:
    record = to_kafka(event)
    assert from_kafka(record.key, record.value, record.headers) == event


@given(envelopes(said, any_time))
def test_kafka_structured_brings_back_what_was_said(event: CloudEvent) -> None:
    record = to_kafka_structured(event)
    assert from_kafka(record.key, record.value, record.headers) == event


@given(envelopes(said | st.none(), any_time))
def test_http_binary_brings_back_what_was_said(event: CloudEvent) -> None:
    message = to_http(event)
    assert from_http(message.headers, message.body) == event


@given(st.lists(envelopes(said | st.none(), any_time), max_size=3))
def test_http_structured_and_batch_bring_back_what_was_said(events: list[CloudEvent]) -> None:
    batch = to_http_batch(events)
    assert is_batch(batch.headers)
    assert from_http_batch(batch.headers, batch.body) == events
    for event in events:
        message = to_http_structured(event)
        assert from_http(message.headers, message.body) == event


def test_data_that_is_no_json_travels_as_base64() -> None:
    event = CloudEvent("1", "urn:a", "t", None, None, b"\xff\x00", datacontenttype="image/png")
    assert to_structured(event)["data_base64"] == "/wA="
    assert from_structured(to_structured(event)) == event


headers = st.lists(
    st.tuples(
        st.sampled_from([*(name for name, _ in to_kafka(ORDINARY).headers), "ce_data", "ce_", "ce_X", "x"]),
        st.none() | st.binary(max_size=8) | st.sampled_from([b"1.0", b"a", b"2022-06-28T06:00:00Z"]),
    ),
    max_size=8,
)
bodies = st.binary(max_size=20) | st.sampled_from(
    [b"[" * 100_000, b'{"a":1e999}', b'"\\ud800"', b'{"specversion":"1.0"', b"\xef\xbb\xbf{}", b"9" * 5_000]
)


@settings(max_examples=200)
@given(headers, bodies | st.none())
def test_garbage_on_kafka_is_malformed_and_nothing_else(given_headers: list[tuple[str, bytes]], value: bytes) -> None:
    """INVARIANT: a parser that raises anything else makes the consumer lose records beside the bad one."""
    for structured in ([], [("content-type", b"application/cloudevents+json")]):
        with suppress(Malformed):
            from_kafka(None, value, [*structured, *given_headers])


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from(["ce-id", "ce-é", "content-type", "CE-TIME"]), st.text(max_size=9))), bodies)
def test_garbage_over_http_is_malformed_and_nothing_else(given_headers: list[tuple[str, str]], body: bytes) -> None:
    for media_type in ("", "application/cloudevents+json", "application/cloudevents-batch+json"):
        for read in (from_http, from_http_batch):
            with suppress(Malformed):
                read([("Content-Type", media_type), *given_headers], body)
