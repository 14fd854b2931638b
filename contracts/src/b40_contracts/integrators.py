"""Integrators: who reports from outside, under which sources, about what, and the keys that prove who comes.

The registry states each integrator; every app that has an intake hears that first. A source under the prefix of an
integrator is its own: nobody else reports under it, uses its ids up or learns what became of its events.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import cache, lru_cache
from typing import Annotated, Any, get_args
from urllib.parse import unquote

from pydantic import Field, StringConstraints

from b40_contracts.event import Event, Part
from b40_contracts.values import EARLIEST_INSTANT, CityCode, Instant, Slug

Digits = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""32 bytes as 64 hexadecimal digits."""

SourcePrefix = Annotated[str, StringConstraints(pattern=r"^[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]{3,500}$")]
"""Beginning of a CloudEvents source, as ``https://sofia.example/it``."""

EventType = Annotated[str, StringConstraints(pattern=r"^org\.b40\.[a-z]+\.[a-z-]+\.[a-z-]+\.v[1-9][0-9]*$")]
"""A CloudEvents type of this platform."""

SOURCES_MAX, TYPES_MAX, CITIES_MAX, KEYS_MAX = 20, 100, 500, 20
_SEPARATORS = "/?#:"
_CITY_PATTERN = "[A-Z]{2}[A-Z2-9]{3}"
KEY_ID_DIGITS = 16


class ApiKey(Part):
    """A key for HTTPS. The platform knows its digest alone: of 32 random bytes nobody finds the key that has it."""

    digest: Digits = Field(description="SHA-256 of the key as it is sent, in hexadecimal digits.")
    ends: Instant | None = Field(default=None, description="From this moment on it is not taken; null: no end is set.")

    @property
    def id(self) -> str:
        """What the key is called: the first digits of its digest."""
        return self.digest[:KEY_ID_DIGITS]


class SigningKey(Part):
    """The public half of an Ed25519 key (RFC 8032), with which events are signed that come over Kafka."""

    public: Digits = Field(description="The 32 bytes of the public key, in hexadecimal digits.")
    ends: Instant | None = Field(
        default=None, description="Events appended from this moment on may not be signed with it; null: no end is set."
    )

    @property
    def id(self) -> str:
        """What the key is called: the first digits of the SHA-256 of its 32 bytes."""
        return key_id(bytes.fromhex(self.public))


class Integrator(Event):
    """An integrator as it is registered: its sources, what it may report, its keys.

    Said when it is registered, gets or loses a key, or is revoked; then none of its sources may report any more.
    Every app with an intake keeps the last one. An integrator is never removed: its sources stay its own.
    """

    type = "org.b40.registry.integrator.stated.v1"
    key = "name"
    name: Slug = Field(description="Name of the integrator, as ``sofia-it``.")
    revision: int = Field(ge=1, description="Number of the change; it rises by one with each.")
    since: Instant = Field(description="When it was registered; what was appended before is judged as of a stranger.")
    sources: tuple[SourcePrefix, ...] = Field(
        min_length=1, max_length=SOURCES_MAX, description="Beginnings of its CloudEvents sources; nobody else has them."
    )
    types: tuple[EventType, ...] | None = Field(
        max_length=TYPES_MAX, description="Types that it may report; null: all that integrators report."
    )
    cities: tuple[CityCode, ...] | None = Field(
        max_length=CITIES_MAX, description="Cities that its events may name; null: all."
    )
    api_keys: tuple[ApiKey, ...] = Field(max_length=KEYS_MAX, description="Its keys for HTTPS, by their digests.")
    signing_keys: tuple[SigningKey, ...] = Field(max_length=KEYS_MAX, description="Its keys for Kafka, public halves.")
    revoked: Instant | None = Field(description="From this moment on nothing of it is taken; null: it is not revoked.")

    def owns(self, source: str) -> bool:
        """Whether a source is one of its own."""
        return any(falls_under(source, prefix) for prefix in self.sources)

    def is_revoked(self, at: datetime) -> bool:
        """Whether nothing of it is taken at this moment."""
        return self.revoked is not None and self.revoked <= at

    def reports(self, type_: str) -> bool:
        """Whether events of a type are among those that it may report."""
        return self.types is None or type_ in self.types

    def beyond(self, source: str, type_: str, event: Event | None) -> tuple[str, str] | None:
        """The first thing about an event that is beyond what it may report: field and reason; None if nothing is.

        ``event`` is None where only the envelope could be read.
        """
        if not self.owns(source):
            return "source", f"is not one of the sources of {self.name}"
        if not self.reports(type_):
            return "type", f"is not one of the types that {self.name} may report"
        if self.cities is not None and event is not None:
            for field, city in cities_named(event):
                if city not in self.cities:
                    return field, f"names {city}, which is not one of the cities of {self.name}"
        return None


PLATFORM = Integrator(
    name="b40",
    revision=1,
    since=EARLIEST_INSTANT,
    sources=("//b40",),
    types=None,
    cities=None,
    api_keys=(),
    signing_keys=(),
    revoked=None,
)
"""The platform itself: what its apps announce has sources under ``//b40``. It has no keys, so nobody reports as it."""


def key_id(public: bytes) -> str:
    """What a signing key is called: the first digits of the SHA-256 of the 32 bytes of its public half."""
    return hashlib.sha256(public).hexdigest()[:KEY_ID_DIGITS]


def falls_under(source: str, prefix: str) -> bool:
    """Whether a source is a prefix, or goes on from it after one of ``/ ? # :``.

    ``https://a.example`` is no beginning of ``https://a.example.net``. Letters of either case and what is
    percent-encoded count as the same (wider than RFC 3986, 6.2.2): no spelling slips past the owner of a prefix.
    """
    whole, begin = _folded(source), _folded(prefix)
    if not whole.startswith(begin):
        return False
    return len(whole) == len(begin) or begin[-1] in _SEPARATORS or whole[len(begin)] in _SEPARATORS


@lru_cache
def _folded(source: str) -> str:
    return unquote(source).casefold()


def cities_named(event: Part, path: str = "data") -> Iterator[tuple[str, str]]:
    """The cities that an event names, each with its field, as ``data.owner.city``. Found by the fields' types."""
    for name in _fields_with_cities(type(event)):
        yield from _cities_in(getattr(event, name), f"{path}.{name}")


def _cities_in(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Part):
        yield from cities_named(value, path)
    elif isinstance(value, tuple | list | set | frozenset):
        for index, item in enumerate(value):
            yield from _cities_in(item, f"{path}.{index}")


@cache
def _fields_with_cities(model: type[Part]) -> tuple[str, ...]:
    """Fields that hold a city's code, or parts that may: also a code or something else, as ``network``."""
    return tuple(
        name
        for name, field in model.model_fields.items()
        if any(map(_is_of_cities, field.metadata)) or _leads_to_cities(field.annotation)
    )


def _leads_to_cities(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return bool(_fields_with_cities(annotation))
    if any(map(_is_of_cities, getattr(annotation, "__metadata__", ()))):
        return True
    return any(map(_leads_to_cities, get_args(annotation)))


def _is_of_cities(metadata: object) -> bool:
    return _CITY_PATTERN in str(getattr(metadata, "pattern", None))
