"""Between facts and envelopes: what is read is what was described, and a fault names its field, never its value."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from b40_contracts.cloudevents import CloudEvent, Malformed, describe, from_kafka, read, to_kafka
from b40_contracts.event import Event, Part
from b40_contracts.values import CityCode, Day, Instant, MinorUnits, Names
from pydantic import Field, model_validator

NOON = datetime(2022, 6, 28, 12, tzinfo=UTC)


class Means(StrEnum):
    BANK = "bank"


class Single(Part):
    kind: Literal["single"] = Field(description="d")


class Double(Part):
    kind: Literal["double"] = Field(description="d")


class GiftCounted(Event):
    """A gift was counted. Only for tests of the reader."""

    type = "org.b40.example.gift.counted.v1"
    key = "city"
    city: CityCode = Field(description="Code of the city.")
    amount_minor: MinorUnits = Field(description="Amount in minor units.")
    on: Day = Field(description="The day.")
    at: Instant | None = Field(default=None, description="The moment.")
    names: Names | None = Field(default=None, description="Names.")
    means: Means | None = Field(default=None, description="How it was paid.")
    places: tuple[int, ...] = Field(default=(), description="Places.")
    bed: Annotated[Single | Double, Field(discriminator="kind")] | None = Field(default=None, description="Bed.")

    @model_validator(mode="after")
    def _small(self) -> "GiftCounted":
        if self.amount_minor == 13:
            raise ValueError("amount_minor brings bad luck")
        return self


TYPES = {GiftCounted.type: GiftCounted}
GIFT = GiftCounted(
    city="RSINI",
    amount_minor=5000,
    on=datetime(2022, 6, 28, tzinfo=UTC).date(),
    at=NOON,
    names={"sr-Cyrl": "Ниш", "en": "Niš"},
    means=Means.BANK,
    places=(1, 2),
    bed=Single(kind="single"),
)


def envelope(data: bytes | None, *, subject: str | None = None, content_type: str = "application/json") -> CloudEvent:
    return CloudEvent("1", "urn:a", GiftCounted.type, NOON, subject, data, datacontenttype=content_type)


def test_what_is_read_is_what_was_described() -> None:
    described = describe(GIFT, id="1", source="urn:b40:x", time=NOON, extensions={"correlationid": "c"})
    assert described.subject == "RSINI"
    assert described.type == GiftCounted.type
    record = to_kafka(described)
    assert record.key == b"RSINI"
    assert read(from_kafka(record.key, record.value, record.headers), TYPES) == GIFT


GOOD = b'{"city":"RSINI","amount_minor":5000,"on":"2022-06-28"'


@pytest.mark.parametrize(
    ("data", "field", "reason"),
    [
        (None, "data", "is missing"),
        (b"", "data", "Invalid JSON: EOF while parsing"),
        (GOOD, "data", "Invalid JSON: EOF while parsing an object"),
        (b"[]", "data", "Input should be an object"),
        (
            b'{"city":"RSINI","amount_minor":137.42,"on":"2022-06-28"}',
            "data.amount_minor",
            "Input should be a valid",
        ),
        (
            b'{"city":"RSINI","amount_minor":"5000","on":"2022-06-28"}',
            "data.amount_minor",
            "Input should be a valid",
        ),
        (b'{"city":"RSINI","amount_minor":-1,"on":"2022-06-28"}', "data.amount_minor", "Input should be greater than"),
        (b'{"city":"RSINI","amount_minor":13,"on":"2022-06-28"}', "data", "amount_minor brings bad luck"),
        (b'{"city":"Nis","amount_minor":1,"on":"2022-06-28"}', "data.city", "String should match pattern"),
        (b'{"city":"RSINI","amount_minor":1,"on":"1899-12-31"}', "data.on", "Input should be greater than or equal to"),
        (b'{"city":"RSINI","amount_minor":1,"on":1656374400}', "data.on", "Input should be a valid date"),
        (GOOD + b',"at":"2022-06-28T09:00:00"}', "data.at", "Input should have timezone info"),
        (GOOD + b',"at":"1899-12-31T00:00:00Z"}', "data.at", "Input should be greater than or equal to"),
        (GOOD + b',"means":"Ayse"}', "data.means", "Input should be 'bank'"),
        (GOOD + b',"bed":{"kind":"Ayse"}}', "data.bed", "Input is of none of the kinds that are known here"),
        (GOOD + b',"names":{"Ayse was here":"x"}}', "data.names.*.[key]", "String should match pattern"),
        (GOOD + b',"names":{"en":"Ni\\u0000"}}', "data", "holds the character U+0000"),
        (GOOD + b',"unknown":NaN}', "data", "is not JSON: holds NaN"),
        (GOOD + b',"unknown":"\xff"}', "data", "Invalid JSON"),
        (GOOD + b',"unknown":"\\ud800"}', "data", "Invalid JSON"),
        (GOOD + b',"unknown":' + b"[" * 9_999, "data", "Invalid JSON: recursion limit exceeded"),
        (b"{}", "data.city", "Field required; data.amount_minor: Field required; data.on: Field required"),
    ],
)
def test_a_fault_names_its_field_and_never_its_value(data: bytes | None, field: str, reason: str) -> None:
    with pytest.raises(Malformed) as caught:
        read(envelope(data), TYPES)
    assert caught.value.field == field.replace("[key]", "*")
    assert caught.value.reason.startswith(reason)
    assert "Ayse" not in str(caught.value)
    assert "137" not in str(caught.value)


def test_fields_of_a_newer_version_are_not_heard() -> None:
    assert read(envelope(GOOD + b',"later":"\\\\u0000 \\"NaN"}'), TYPES).subject == "RSINI"


def test_a_subject_is_the_key_or_left_out() -> None:
    assert read(envelope(GOOD + b"}", subject="RSINI"), TYPES).subject == "RSINI"
    assert read(envelope(GOOD + b"}"), TYPES).subject == "RSINI"
    with pytest.raises(Malformed, match=r"subject: differs from data\.city, the key of this type"):
        read(envelope(GOOD + b"}", subject="BASJJ"), TYPES)


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", "text/json", "application/geo+json"])
def test_json_goes_by_several_names(content_type: str) -> None:
    assert read(envelope(GOOD + b"}", content_type=content_type), TYPES).subject == "RSINI"


@pytest.mark.parametrize("content_type", ["text/plain", "application/json; charset=latin1", "application/avro"])
def test_what_is_no_json_is_not_read(content_type: str) -> None:
    with pytest.raises(Malformed, match="datacontenttype: must be application/json in UTF-8"):
        read(envelope(GOOD + b"}", content_type=content_type), TYPES)


def test_an_unknown_type_is_told_apart() -> None:
    with pytest.raises(Malformed, match="type: is not known here"):
        read(envelope(b"{}"), {})
