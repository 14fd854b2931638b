"""The envelope of an event: CloudEvents attributes, checked when it is made, and the data as bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from b40_contracts.values import EARLIEST_INSTANT

SPECVERSION = "1.0"
JSON_CONTENT_TYPE = "application/json"

ID_CHARACTERS_MAX = 250
ATTRIBUTE_CHARACTERS_MAX = 1_000
EXTENSION_NAME_CHARACTERS_MAX = 20

CORE_ATTRIBUTES = frozenset({"id", "source", "specversion", "type", "time", "subject", "datacontenttype", "dataschema"})
REQUIRED = frozenset({"specversion", "id", "source", "type"})
RESERVED_NAMES = CORE_ATTRIBUTES | {"data", "data_base64"}

_NAME = re.compile(r"[a-z0-9]+")
_URI_REFERENCE = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
_ILLEGAL_CHARACTER = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_TIMESTAMP = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(?P<offset>[Zz]|[+-]\d{2}:\d{2})?", re.ASCII
)


class Malformed(Exception):
    """What came is not an event that can be read: ``field`` says where, ``reason`` says why, in words."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """One event in its envelope. ``data`` is None for an event without any: on a state topic, a tombstone.

    ``time`` is kept in UTC. Raises Malformed if an attribute breaks a rule of CloudEvents 1.0 or of the
    platform: ``id`` of at most 250 characters, other attributes of at most 1,000, no instant before 1900.
    """

    id: str
    source: str
    type: str
    time: datetime | None
    subject: str | None
    data: bytes | None
    datacontenttype: str = JSON_CONTENT_TYPE
    dataschema: str | None = None
    extensions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_text("id", self.id, ID_CHARACTERS_MAX)
        _check_uri("source", self.source)
        _check_text("type", self.type)
        _check_text("datacontenttype", self.datacontenttype)
        if self.subject is not None:
            _check_text("subject", self.subject)
        if self.dataschema is not None:
            _check_uri("dataschema", self.dataschema)
        if self.time is not None:
            object.__setattr__(self, "time", _checked_time(self.time))
        for name, value in self.extensions.items():
            check_name(name)
            if name in RESERVED_NAMES:
                raise Malformed(name, "is not the name of an extension")
            _check_text(name, value, empty=True)

    def attributes(self) -> dict[str, str]:
        """All attributes that are present, by name, as their canonical strings."""
        present = {
            "specversion": SPECVERSION,
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "datacontenttype": self.datacontenttype,
        }
        if self.time is not None:
            present["time"] = timestamp(self.time)
        if self.subject is not None:
            present["subject"] = self.subject
        if self.dataschema is not None:
            present["dataschema"] = self.dataschema
        return present | dict(self.extensions)


def from_attributes(attributes: Mapping[str, str], data: bytes | None) -> CloudEvent:
    """The event whose attributes are these canonical strings. Raises Malformed."""
    if not attributes.keys() >= REQUIRED:
        missing = next(name for name in ("specversion", "id", "source", "type") if name not in attributes)
        raise Malformed(missing, "is missing")
    if attributes["specversion"] != SPECVERSION:
        raise Malformed("specversion", f"must be {SPECVERSION}")
    time = attributes.get("time")
    return CloudEvent(
        id=attributes["id"],
        source=attributes["source"],
        type=attributes["type"],
        time=None if time is None else parse_timestamp("time", time),
        subject=attributes.get("subject"),
        data=data,
        datacontenttype=attributes.get("datacontenttype", JSON_CONTENT_TYPE),
        dataschema=attributes.get("dataschema"),
        extensions={name: attributes[name] for name in attributes.keys() - CORE_ATTRIBUTES},
    )


@lru_cache
def timestamp(time: datetime) -> str:
    """RFC 3339 in UTC, as ``2022-07-01T09:00:00Z``."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_timestamp(field: str, text: str) -> datetime:
    """The instant that an RFC 3339 string names. Raises Malformed, also for one without an offset."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise Malformed(field, "must be a timestamp of RFC 3339, as 2022-07-01T09:00:00Z")
    if match["offset"] is None:
        raise Malformed(field, "has no offset from UTC; end it with Z or +03:00")
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise Malformed(field, "names a day, a time of day or an offset that does not exist") from None


@lru_cache
def check_name(name: str) -> None:
    """Raise Malformed unless ``name`` may be the name of a CloudEvents attribute."""
    if len(name) > EXTENSION_NAME_CHARACTERS_MAX or _NAME.fullmatch(name) is None:
        raise Malformed("attribute", "a name is at most 20 lower-case letters and digits")


@lru_cache
def is_json(content_type: str) -> bool:
    """True if a content type says JSON, whose one encoding is UTF-8."""
    media_type, _, parameters = content_type.lower().partition(";")
    subtype = media_type.strip().partition("/")[2]
    charset = parameters.strip().removeprefix("charset=").strip('" ')
    return (subtype == "json" or subtype.endswith("+json")) and charset in ("", "utf-8")


def checked_text(field: str, value: str) -> str:
    """The value of an attribute, if CloudEvents and the platform allow it. Raises Malformed."""
    _check_text(field, value)
    return value


def _check_text(field: str, value: str, characters_max: int = ATTRIBUTE_CHARACTERS_MAX, *, empty: bool = False) -> None:
    if isinstance(value, str) and 0 < len(value) <= characters_max and value.isprintable():
        return  # nearly all of them
    if not isinstance(value, str):
        raise Malformed(field, "must be text")
    if not value and not empty:
        raise Malformed(field, "is empty")
    if len(value) > characters_max:
        raise Malformed(field, f"is longer than {characters_max} characters")
    if _ILLEGAL_CHARACTER.search(value) is not None:
        raise Malformed(field, "holds a control character or another that CloudEvents forbids")


def _check_uri(field: str, value: str) -> None:
    _check_text(field, value)
    if not _is_uri_reference(value):
        raise Malformed(field, "must be a URI reference: ASCII, no spaces, others percent-encoded")


@lru_cache
def _is_uri_reference(value: str) -> bool:
    return _URI_REFERENCE.fullmatch(value) is not None


def _checked_time(time: datetime) -> datetime:
    if time.utcoffset() is None:
        raise Malformed("time", "has no offset from UTC")
    if time.tzinfo is not UTC:
        try:
            time = time.astimezone(UTC)
        except OverflowError:
            raise Malformed("time", "is beyond the year 9999") from None
    if time < EARLIEST_INSTANT:
        raise Malformed("time", "is before 1900")
    return time
