"""The codec and the ``cloudevents`` package, written by others, read what the other writes."""

import json
from datetime import datetime
from typing import Any

import pytest
from b40_contracts import cloudevents as ours
from b40_contracts.cloudevents.structured import write_json
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import http as their_http
from cloudevents.core.bindings import kafka as their_kafka
from cloudevents.core.v1.event import CloudEvent as TheirEvent
from hypothesis import given, settings

from tests.contracts.envelopes import MORNING, ORDINARY, envelopes, json_objects, times

# Always with a time: where it is missing, the package invents one.
events = envelopes(json_objects.map(lambda value: write_json("data", value)), times)


def theirs(event: ours.CloudEvent) -> TheirEvent:
    attributes: dict[str, Any] = dict(event.attributes())
    if event.time is not None:
        attributes["time"] = event.time
    return TheirEvent(attributes, json.loads(event.data or b"null"))


def same(event: ours.CloudEvent, other: BaseCloudEvent) -> None:
    attributes = other.get_attributes()
    attributes.pop("partitionkey", None)  # the package makes the record's key an attribute
    expected: dict[str, Any] = dict(event.attributes())
    if event.time is not None:
        assert isinstance(attributes["time"], datetime)
        expected["time"] = event.time
    assert attributes == expected
    data = other.get_data()
    assert (json.loads(data) if isinstance(data, bytes) else data) == json.loads(event.data or b"null")


@settings(max_examples=60)
@given(events)
def test_the_package_reads_what_we_write_to_kafka(event: ours.CloudEvent) -> None:
    for record in (ours.to_kafka(event), ours.to_kafka_structured(event)):
        assert record.value is not None
        same(
            event,
            their_kafka.from_kafka_event(their_kafka.KafkaMessage(dict(record.headers), record.key, record.value)),
        )


@settings(max_examples=60)
@given(events)
def test_we_read_what_the_package_writes_to_kafka(event: ours.CloudEvent) -> None:
    for write in (their_kafka.to_binary_event, their_kafka.to_structured_event):
        message = write(theirs(event))
        read = ours.from_kafka(None, message.value, list(message.headers.items()))
        assert read.attributes() == event.attributes()
        assert json.loads(read.data or b"") == json.loads(event.data or b"")


@settings(max_examples=60)
@given(events)
def test_the_package_reads_what_we_write_to_http(event: ours.CloudEvent) -> None:
    for message in (ours.to_http(event), ours.to_http_structured(event)):
        assert all(value.isascii() for name, value in message.headers)
        same(event, their_http.from_http_event(their_http.HTTPMessage(dict(message.headers), message.body)))


@settings(max_examples=60)
@given(events)
def test_we_read_what_the_package_writes_to_http(event: ours.CloudEvent) -> None:
    for write in (their_http.to_binary_event, their_http.to_structured_event):
        message = write(theirs(event))
        read = ours.from_http(message.headers.items(), message.body)
        assert read.attributes() == event.attributes()
        assert json.loads(read.data or b"") == json.loads(event.data or b"")


def test_headers_are_those_of_the_package() -> None:
    """Breaks if a header is spelled in our own way: integrators' libraries would not find it."""
    assert dict(ours.to_kafka(ORDINARY).headers) == their_kafka.to_binary_event(theirs(ORDINARY)).headers
    assert dict(ours.to_http(ORDINARY).headers) == their_http.to_binary_event(theirs(ORDINARY)).headers


def test_an_offset_is_the_same_instant_to_both() -> None:
    message = their_http.to_binary_event(theirs(ORDINARY))
    headers = {**message.headers, "ce-time": "2022-06-28T09:00:00%2B03:00"}
    assert their_http.from_http_event(their_http.HTTPMessage(headers, message.body)).get_time() == MORNING
    assert ours.from_http(headers.items(), message.body).time == MORNING


def test_where_the_package_is_lax_we_are_not() -> None:
    """Malformed UTF-8 in a header must be rejected; the package replaces it (so it is no oracle for this)."""
    message = ours.to_http(ORDINARY)
    headers = {**dict(message.headers), "ce-subject": "%C0%A0"}
    assert their_http.from_http_event(their_http.HTTPMessage(headers, message.body)).get_subject() == "\ufffd\ufffd"
    with pytest.raises(ours.Malformed, match="subject: is percent-encoded, but not as UTF-8"):
        ours.from_http(headers.items(), message.body)
