"""The JSON format of CloudEvents: one JSON object that holds attributes and data."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Never

from b40_contracts.cloudevents.envelope import CORE_ATTRIBUTES, CloudEvent, Malformed, from_attributes, is_json

STRUCTURED_CONTENT_TYPE = "application/cloudevents+json"


def to_structured(event: CloudEvent) -> dict[str, Any]:
    """The event as a JSON object: ``data`` for JSON, ``data_base64`` for all else. Raises Malformed."""
    document: dict[str, Any] = dict(event.attributes())
    if event.data is None:
        return document
    if is_json(event.datacontenttype):
        return document | {"data": parse_json("data", event.data)}
    return document | {"data_base64": base64.b64encode(event.data).decode("ascii")}


def from_structured(document: Mapping[str, Any] | bytes) -> CloudEvent:
    """The event that a JSON object (parsed, or as bytes of UTF-8) holds. Raises Malformed."""
    parsed = parse_json("event", document) if isinstance(document, bytes) else document
    if not isinstance(parsed, Mapping):
        raise Malformed("event", "must be a JSON object")
    attributes = {
        name: _canonical(name, value)
        for name, value in parsed.items()
        if name not in ("data", "data_base64") and value is not None
    }
    return from_attributes(attributes, _data(parsed, attributes.get("datacontenttype")))


def write_json(field: str, value: Any) -> bytes:
    """Compact JSON in UTF-8. Raises Malformed for what JSON cannot say, as NaN or half a character."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):
        raise Malformed(field, "cannot be written as JSON") from None


def parse_json(field: str, raw: bytes) -> Any:
    """The value that strict JSON in UTF-8 holds. Raises Malformed, with the place but without the content."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise Malformed(field, f"is not UTF-8 at byte {error.start}") from None
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        reason = f"is not JSON: {error.msg.removesuffix(' at')} at line {error.lineno} column {error.colno}"
        raise Malformed(field, reason) from None
    except ValueError:
        raise Malformed(field, "is not JSON: holds NaN, Infinity or a number of too many digits") from None
    except RecursionError:
        raise Malformed(field, "is nested too deep") from None


def _no_constant(_name: str) -> Never:
    raise ValueError


def _canonical(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if name not in CORE_ATTRIBUTES:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int) and -(2**31) <= value < 2**31:
            return str(value)
    raise Malformed(name if name.isalnum() and name.isascii() else "attribute", "must be text")


def _data(document: Mapping[str, Any], content_type: str | None) -> bytes | None:
    data, encoded = document.get("data"), document.get("data_base64")
    if data is not None and encoded is not None:
        raise Malformed("data", "stands beside data_base64; an event has one of them")
    if encoded is not None:
        try:
            return base64.b64decode(encoded, validate=True)
        except (TypeError, ValueError, binascii.Error):
            raise Malformed("data_base64", "is not base64") from None
    if data is None:
        return None
    if isinstance(data, str) and content_type is not None and not is_json(content_type):
        try:
            return data.encode()
        except UnicodeEncodeError:
            raise Malformed("data", "holds half a character") from None
    return write_json("data", data)
