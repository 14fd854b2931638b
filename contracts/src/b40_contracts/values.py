"""Values that several owners' events share: codes, days, instants, money, names in several languages."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from b40_contracts.event import Part

EARLIEST_DAY = date(1900, 1, 1)
EARLIEST_INSTANT = datetime(1900, 1, 1, tzinfo=UTC)


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


CityCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z2-9]{3}$")]
"""Code of a city: its UN/LOCODE, or one of the same shape assigned by the registry. ``XK`` is a country here."""

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2, and ``XK`` (user-assigned) for Kosovo."""

CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217, also codes withdrawn since (BGN, HRK), so that old amounts stay readable."""

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]
"""BCP 47 language tag, as ``sr-Latn``."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
"""An identifier that people can read: lower-case letters, digits, single hyphens."""

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:~-]*$", max_length=200)]
"""An opaque identifier given by somebody else; says nothing about a person."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in hexadecimal."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=4_000)]
"""Free text of at most 4,000 characters, not empty."""

Names = Annotated[dict[Language, Text], Field(min_length=1, max_length=40)]
"""A name by language: ``{"en": "Pristina", "sq": "Prishtina", "sr-Cyrl": "Приштина"}``."""

Day = Annotated[date, Field(ge=EARLIEST_DAY)]
"""A calendar day without a time zone, not before 1900."""

Instant = Annotated[AwareDatetime, AfterValidator(_utc), Field(ge=EARLIEST_INSTANT)]
"""A moment, with its offset from UTC (kept in UTC), not before 1900."""

MinorUnits = Annotated[int, Field(strict=True, ge=0, le=10**15)]
"""An amount of money in the smallest unit of its currency (kuruş, cent), never a fraction."""


class Source(Part):
    """What a statement rests on: a document, a page, a protocol."""

    title: Text = Field(description="Title of the document.")
    url: str | None = Field(default=None, max_length=2_000, description="Where it can be read, if anywhere.")
    passage: str | None = Field(default=None, max_length=4_000, description="The passage that says so.")
    assumed: bool = Field(default=False, description="True if nobody stated it and it had to be assumed.")
