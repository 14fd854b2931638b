"""Each trap of CloudEvents on Kafka and HTTP, and what a sender is told who stepped into it."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from b40_contracts.cloudevents import (
    CloudEvent,
    Malformed,
    from_http,
    from_http_batch,
    from_kafka,
    from_structured,
    read,
    to_http,
    to_http_structured,
    to_kafka,
    to_kafka_structured,
    to_structured,
)
from b40_contracts.platform import Ticked

from tests.contracts.envelopes import MORNING, ORDINARY

SECRET = b"Ay\xc5\x9fe"  # a value that no reason may repeat


def kafka(**changes: Any) -> CloudEvent:
    """The ordinary event as a record, with some headers changed; ``...`` in place of a value leaves it out."""
    found: dict[str, Any] = {**dict(to_kafka(ORDINARY).headers), **changes}
    return from_kafka(b"k", b"{}", [(name, value) for name, value in found.items() if value is not Ellipsis])


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"ce_id": ...}, "id", "is missing"),
        ({"ce_source": ...}, "source", "is missing"),
        ({"ce_type": ...}, "type", "is missing"),
        ({"ce_specversion": ...}, "specversion", "is missing"),
        ({"ce_specversion": b"0.3"}, "specversion", "must be 1.0"),
        ({"ce_id": b""}, "id", "is empty"),
        ({"ce_id": b"x" * 251}, "id", "is longer than 250 characters"),
        ({"ce_source": b"my city"}, "source", "must be a URI reference: ASCII, no spaces, others percent-encoded"),
        ({"ce_source": SECRET}, "source", "must be a URI reference: ASCII, no spaces, others percent-encoded"),
        ({"ce_subject": None}, "subject", "is a header without a value"),
        ({"ce_subject": b"\xff" + SECRET}, "subject", "is not UTF-8 at byte 0"),
        ({"ce_subject": b"a\x00b"}, "subject", "holds a control character or another that CloudEvents forbids"),
        ({"ce_time": b"yesterday"}, "time", "must be a timestamp of RFC 3339, as 2022-07-01T09:00:00Z"),
        ({"ce_time": b"2022-W26-2T06:00:00Z"}, "time", "must be a timestamp of RFC 3339, as 2022-07-01T09:00:00Z"),
        ({"ce_time": b"2022-06-28T06:00:00"}, "time", "has no offset from UTC; end it with Z or +03:00"),
        ({"ce_time": b"2022-02-30T06:00:00Z"}, "time", "names a day, a time of day or an offset that does not exist"),
        ({"ce_time": b"2022-06-28T23:59:60Z"}, "time", "names a day, a time of day or an offset that does not exist"),
        ({"ce_time": b"1899-12-31T23:59:59Z"}, "time", "is before 1900"),
        ({"ce_time": b"1900-01-01T00:00:00+01:00"}, "time", "is before 1900"),
        ({"ce_time": b"9999-12-31T23:59:59-01:00"}, "time", "is beyond the year 9999"),
        ({"ce_my_field": b"1"}, "attribute", "a name is at most 20 lower-case letters and digits"),
        ({"ce_" + "x" * 21: b"1"}, "attribute", "a name is at most 20 lower-case letters and digits"),
        ({"ce_data": b"1"}, "data", "is not the name of an extension"),
        ({"ce_datacontenttype": b"a/b"}, "datacontenttype", "travels in the header content-type, not in a ce_ header"),
    ],
)
def test_a_record_that_breaks_a_rule_names_the_field(changes: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        kafka(**changes)
    assert (caught.value.field, caught.value.reason) == (field, reason)
    assert SECRET.decode() not in str(caught.value)


def test_an_attribute_given_twice_is_not_guessed_at() -> None:
    record = to_kafka(ORDINARY)
    with pytest.raises(Malformed, match="id: is given twice"):
        from_kafka(record.key, record.value, [*record.headers, ("ce_id", b"8")])
    message = to_http(ORDINARY)
    with pytest.raises(Malformed, match="id: is given twice"):
        from_http([*message.headers, ("CE-ID", "8")], message.body)
    with pytest.raises(Malformed, match="content-type: is given twice"):
        from_http([*message.headers, ("Content-Type", "a/b")], message.body)


def test_headers_that_are_not_of_cloudevents_may_hold_anything() -> None:
    record = to_kafka(ORDINARY)
    assert from_kafka(None, record.value, [*record.headers, ("other", None), ("other", b"\xff")]) == ORDINARY


def test_a_null_value_is_an_event_without_data_in_binary_mode_only() -> None:
    """A null inside a structured value deletes nothing in Kafka, so it can not be a tombstone either."""
    record = to_kafka(ORDINARY)
    assert from_kafka(record.key, None, record.headers).data is None
    structured = to_kafka_structured(ORDINARY)
    with pytest.raises(Malformed, match="event: is missing"):
        from_kafka(structured.key, None, structured.headers)
    document = {**to_structured(ORDINARY), "data": None}
    with pytest.raises(Malformed, match="data: is missing; a tombstone is a null value in binary mode"):
        from_kafka(None, json.dumps(document).encode(), structured.headers)


@pytest.mark.parametrize(
    "content_type", ["Application/CloudEvents+JSON", "application/cloudevents+json; charset=UTF-8"]
)
def test_structured_mode_is_known_by_its_content_type_in_any_case(content_type: str) -> None:
    value = to_kafka_structured(ORDINARY).value
    assert from_kafka(None, value, [("content-type", content_type.encode()), ("ce_id", b"ignored")]) == ORDINARY


@pytest.mark.parametrize("content_type", ["application/cloudevents-batch+json", "application/cloudevents+avro"])
def test_what_kafka_does_not_carry_is_told(content_type: str) -> None:
    with pytest.raises(Malformed, match="one event a record"):
        from_kafka(None, b"[]", [("content-type", content_type.encode())])


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"[]", "event: must be a JSON object"),
        (b'{"specversion": "1.0", "id', "event: is not JSON: Unterminated string starting at line 1 column 24"),
        (b"\xff", "event: is not UTF-8 at byte 0"),
        (b'{"data": NaN}', "event: is not JSON: holds NaN, Infinity or a number of too many digits"),
        (b'{"id": 7}', "id: must be text"),
        (b'{"specversion": 1.0}', "specversion: must be text"),
        (b'{"x1": {}}', "x1: must be text"),
    ],
)
def test_a_document_that_breaks_a_rule_names_the_field(document: bytes, message: str) -> None:
    with pytest.raises(Malformed) as caught:
        from_structured(document)
    assert str(caught.value).startswith(message[:60])


def test_data_and_base64_at_once_and_bad_base64_are_told() -> None:
    with pytest.raises(Malformed, match="data: stands beside data_base64"):
        from_structured({**to_structured(ORDINARY), "data_base64": "AA=="})
    for encoded in ("A", "é", 5, "A A="):
        with pytest.raises(Malformed, match="data_base64: is not base64"):
            from_structured({**to_structured(ORDINARY), "data": None, "data_base64": encoded})


def test_extensions_in_json_may_be_booleans_and_integers() -> None:
    event = from_structured({**to_structured(ORDINARY), "x1": True, "x2": -7, "x3": None})
    assert {**event.extensions} == {"correlationid": "c1", "x1": "true", "x2": "-7"}


@pytest.mark.parametrize(
    ("subject", "header"),
    [
        ("Kırklareli", "K%C4%B1rklareli"),
        ("Niš", "Ni%C5%A1"),
        ('a "b" 5%', "a%20%22b%22%205%25"),
        ("🚌", "%F0%9F%9A%8C"),
        ("~!#$&'()*+,-./:;<=>?@[\\]^_`{|}", "~!#$&'()*+,-./:;<=>?@[\\]^_`{|}"),
    ],
)
def test_http_headers_encode_what_must_be_and_nothing_else(subject: str, header: str) -> None:
    event = from_structured({**to_structured(ORDINARY), "subject": subject})
    assert dict(to_http(event).headers)["ce-subject"] == header


@pytest.mark.parametrize(
    ("header", "subject"),
    [
        ("%4Ei", "Ni"),
        ("ni%c5%a1", "niš"),
        ('"a \\"quoted\\" one"', 'a "quoted" one'),
        ("  padded ", "padded"),
        ("a b", "a b"),
        ("%2541", "%41"),
    ],
)
def test_http_headers_are_decoded_once_also_if_needlessly_encoded(header: str, subject: str) -> None:
    headers = {**dict(to_http(ORDINARY).headers), "ce-subject": header}
    assert from_http(headers.items(), b"").subject == subject


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ce-subject", "%C0%A0", "subject: is percent-encoded, but not as UTF-8"),
        ("ce-subject", "100%", "subject: holds a % that is not followed by two hexadecimal digits"),
        ("ce-subject", "Niš", "subject: holds a character that a header cannot carry"),
        ("ce-datacontenttype", "a/b", "datacontenttype: travels in the header Content-Type"),
        ("content-type", "application/cloudevents+avro", "content-type: of a structured event must be"),
        ("content-type", "application/cloudevents-batch+json", "content-type: is that of a batch"),
        ("ce-a_b", "x", "attribute: a name is at most 20"),
    ],
)
def test_a_request_that_breaks_a_rule_names_the_field(name: str, value: str, message: str) -> None:
    headers = {**dict(to_http(ORDINARY).headers), name: value}
    with pytest.raises(Malformed) as caught:
        from_http(headers.items(), b"{}")
    assert str(caught.value).startswith(message)


def test_a_batch_tells_which_of_its_events_is_malformed() -> None:
    header = [("Content-Type", "application/cloudevents-batch+json")]
    good = to_structured(ORDINARY)
    with pytest.raises(Malformed) as caught:
        from_http_batch(header, json.dumps([good, {**good, "id": ""}]).encode())
    assert (caught.value.field, caught.value.reason) == ("[1].id", "is empty")
    with pytest.raises(Malformed, match=r"\[0\].event: must be a JSON object"):
        from_http_batch(header, b"[5]")
    with pytest.raises(Malformed, match="batch: must be a JSON array"):
        from_http_batch(header, to_http_structured(ORDINARY).body)
    with pytest.raises(Malformed, match="content-type: of a batch must be"):
        from_http_batch([], b"[]")
    assert from_http_batch(header, b"[]") == []


def test_time_is_kept_in_utc() -> None:
    istanbul = datetime(2022, 6, 28, 9, tzinfo=timezone(timedelta(hours=3)))
    event = CloudEvent("1", "urn:a", "t", istanbul, None, None)
    assert event.time == MORNING
    assert event.time is not None
    assert event.time.tzinfo is UTC
    assert event.attributes()["time"] == "2022-06-28T06:00:00Z"
    with pytest.raises(Malformed, match="time: has no offset from UTC"):
        CloudEvent("1", "urn:a", "t", istanbul.replace(tzinfo=None), None, None)


def test_lower_case_t_and_z_and_nanoseconds_are_rfc_3339_too() -> None:
    assert kafka(ce_time=b"2022-06-28t06:00:00.123456789z").time == MORNING.replace(microsecond=123456)


def test_a_fact_without_its_time_is_not_read() -> None:
    """CloudEvents lets the time be absent; a fact that happened at no time cannot be judged early or late."""
    timeless = CloudEvent(id="1", source="//x", type=Ticked.type, time=None, subject="b40", data=b"{}")
    with pytest.raises(Malformed) as caught:
        read(timeless, {Ticked.type: Ticked})
    assert caught.value.field == "time"


@pytest.mark.parametrize("name", ["id", "source", "type", "subject", "datacontenttype", "dataschema"])
def test_an_attribute_that_is_no_text_is_malformed_also_when_it_cannot_be_hashed(name: str) -> None:
    """Breaks if a check is remembered by its value before it was seen to be text."""
    attributes: dict[str, Any] = {"id": "1", "source": "urn:a", "type": "t", "time": None, "subject": "s", "data": None}
    with pytest.raises(Malformed, match=f"{name}: must be text"):
        CloudEvent(**attributes | {name: []})
