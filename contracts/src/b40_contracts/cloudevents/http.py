"""CloudEvents over HTTP: binary and structured mode, and batches. Works on headers and bodies of any library."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from b40_contracts.cloudevents.envelope import CloudEvent, Malformed, check_name, from_attributes
from b40_contracts.cloudevents.structured import (
    STRUCTURED_CONTENT_TYPE,
    from_structured,
    parse_json,
    to_structured,
    write_json,
)

PREFIX = "ce-"
CONTENT_TYPE = "content-type"
BATCH_CONTENT_TYPE = "application/cloudevents-batch+json"

_TO_ENCODE = re.compile(r"[^\x21\x23\x24\x26-\x7e]")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """Headers and body of a request. Header values are ASCII."""

    headers: list[tuple[str, str]]
    body: bytes


def to_http(event: CloudEvent) -> HttpMessage:
    """The event in binary mode: attributes as percent-encoded ``ce-`` headers, data as the body."""
    headers = [
        (CONTENT_TYPE, value) if name == "datacontenttype" else (PREFIX + name, _encode(value))
        for name, value in event.attributes().items()
    ]
    return HttpMessage(headers, event.data or b"")


def to_http_structured(event: CloudEvent) -> HttpMessage:
    """The event in structured mode: the body holds all of it."""
    return HttpMessage([(CONTENT_TYPE, STRUCTURED_CONTENT_TYPE)], write_json("event", to_structured(event)))


def to_http_batch(events: Sequence[CloudEvent]) -> HttpMessage:
    """Several events in one request, as a JSON array."""
    body = write_json("batch", [to_structured(event) for event in events])
    return HttpMessage([(CONTENT_TYPE, BATCH_CONTENT_TYPE)], body)


def from_http(headers: Iterable[tuple[str, str]], body: bytes) -> CloudEvent:
    """The one event of a request, in binary or structured mode. Raises Malformed and nothing else."""
    headers = list(headers)
    media_type = _media_type(headers)
    if media_type == BATCH_CONTENT_TYPE:
        raise Malformed("content-type", "is that of a batch; here one event is expected")
    if media_type == STRUCTURED_CONTENT_TYPE:
        return from_structured(body)
    if media_type.startswith("application/cloudevents"):
        raise Malformed("content-type", f"of a structured event must be {STRUCTURED_CONTENT_TYPE}")
    return _from_binary(headers, body)


def from_http_batch(headers: Iterable[tuple[str, str]], body: bytes) -> list[CloudEvent]:
    """The events of a batch, in order. Raises Malformed, whose field tells which: ``[2].id`` is the third's id."""
    if not is_batch(headers):
        raise Malformed("content-type", f"of a batch must be {BATCH_CONTENT_TYPE}")
    documents = parse_json("batch", body)
    if not isinstance(documents, list):
        raise Malformed("batch", "must be a JSON array of events")
    events = []
    for number, document in enumerate(documents):
        try:
            events.append(from_structured(document if isinstance(document, dict) else write_json("event", document)))
        except Malformed as error:
            raise Malformed(f"[{number}].{error.field}", error.reason) from None
    return events


def is_batch(headers: Iterable[tuple[str, str]]) -> bool:
    """True if a request says that it brings a batch."""
    return _media_type(headers) == BATCH_CONTENT_TYPE


def _media_type(headers: Iterable[tuple[str, str]]) -> str:
    given = [value for name, value in headers if name.lower() == CONTENT_TYPE]
    if len(given) > 1:
        raise Malformed("content-type", "is given twice")
    return given[0].partition(";")[0].strip().lower() if given else ""


def _from_binary(headers: Iterable[tuple[str, str]], body: bytes) -> CloudEvent:
    attributes: dict[str, str] = {}
    for header, value in headers:
        name = header.lower()
        if name == CONTENT_TYPE:
            attributes["datacontenttype"] = value
            continue
        if not name.startswith(PREFIX):
            continue
        name = name[len(PREFIX) :]
        check_name(name)
        if name == "datacontenttype":
            raise Malformed(name, "travels in the header Content-Type, not in a ce- header")
        if name in attributes:
            raise Malformed(name, "is given twice")
        attributes[name] = _decode(name, value)
    return from_attributes(attributes, body or None)


def _encode(value: str) -> str:
    return _TO_ENCODE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), value)


def _decode(name: str, value: str) -> str:
    value = value.strip(" \t")
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = _ESCAPED.sub(r"\1", value[1:-1])
    if not value.isascii():
        raise Malformed(name, "holds a character that a header cannot carry unless it is percent-encoded as UTF-8")
    if _LONE_PERCENT.search(value) is not None:
        raise Malformed(name, "holds a % that is not followed by two hexadecimal digits")
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        raise Malformed(name, "is percent-encoded, but not as UTF-8") from None
