"""Whose a source is, which cities an event names, and what exactly is signed."""

import base64
from datetime import UTC, datetime

import pytest
from b40_contracts.cloudevents import CloudEvent, from_kafka, read, to_kafka
from b40_contracts.event import Event
from b40_contracts.events import DeadlineReported, LineUpReported
from b40_contracts.integrators import Integrator, cities_named, falls_under, key_id
from b40_contracts.registry import DecisionReported, MembershipReported, WorkingGroupReported
from b40_contracts.signing import content, signed
from b40_contracts.solidarity import PolicyReported
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.contracts.test_examples import FOLDER, example

SECRET_OF_RFC_8032 = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
PUBLIC_OF_RFC_8032 = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
AT = datetime(2022, 7, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "prefix", "expected"),
    [
        ("https://a.example/it", "https://a.example/it", True),
        ("https://a.example/it/7", "https://a.example/it", True),
        ("https://a.example/it?q", "https://a.example/it", True),
        ("https://a.example:8443", "https://a.example", True),
        ("urn:a:b", "urn:a", True),
        ("https://A.example/IT", "https://a.example/it", True),
        ("https://a.example%2Fit", "https://a.example/it", True),
        ("https://a.example/anything", "https://a.example/", True),
        ("https://a.example.net", "https://a.example", False),
        ("https://a.example/items", "https://a.example/it", False),
        ("https://a.example", "https://a.example/", False),
        ("//a.example", "https://a.example", False),
        ("//b40x", "//b40", False),
    ],
)
def test_a_prefix_ends_where_a_part_of_the_source_ends(source: str, prefix: str, expected: bool) -> None:
    assert falls_under(source, prefix) is expected


def facts(event: type[Event]) -> list[Event]:
    files = sorted((FOLDER / event.type).glob("*.json"))
    return [read(example(file), {event.type: event}) for file in files]


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        (MembershipReported, {"data.city"}),
        (WorkingGroupReported, {"data.coordinator", "data.cities.0", "data.cities.1"}),
        (PolicyReported, {"data.scope"}),
        (DeadlineReported, set()),
    ],
)
def test_cities_are_found_by_the_types_of_fields(event: type[Event], fields: set[str]) -> None:
    """Breaks if an integrator of one city can name another in a field that nobody thought of."""
    for fact in facts(event):
        assert fields <= {field for field, _ in cities_named(fact)}


def test_cities_are_found_in_parts_and_in_sequences_of_them() -> None:
    owners = {field for fact in facts(DecisionReported) for field, _ in cities_named(fact)}
    assert owners == {"data.owner.city"}
    acts = {field for fact in facts(LineUpReported) for field, _ in cities_named(fact)}
    assert {"data.city", "data.acts.0.city"} <= acts


def test_the_first_thing_beyond_a_scope_is_named() -> None:
    (fact, *_) = facts(MembershipReported)
    assert isinstance(fact, MembershipReported)

    def beyond(**scope: object) -> tuple[str, str] | None:
        fields = {"name": "a", "revision": 1, "since": AT, "sources": ("//a",), "types": None, "cities": None}
        integrator = Integrator.model_validate({**fields, "api_keys": (), "signing_keys": (), "revoked": None, **scope})
        return integrator.beyond("//a/1", fact.type, fact)

    assert beyond() is None
    assert beyond(cities=[fact.city], types=[fact.type]) is None
    assert beyond(sources=["//b"]) == ("source", "is not one of the sources of a")
    assert beyond(types=[WorkingGroupReported.type]) == ("type", "is not one of the types that a may report")
    assert beyond(cities=["ROCND"]) == ("data.city", f"names {fact.city}, which is not one of the cities of a")


def test_what_is_signed_is_as_it_is_told() -> None:
    """A golden value: whoever signs in another language signs these bytes. Breaks if one of them changes."""
    said = content(
        id="sofia-1", source="https://sofia.example/it", type="org.b40.registry.membership.reported.v1",
        time="2022-06-28T12:00:00+03:00", subject="", signed_at="2022-07-01T09:00:00Z", data=b'{"city":"BGSOF"}',
    )  # fmt: skip
    assert said.decode().split("\n") == [
        "b40-signature-1",
        "sofia-1",
        "https://sofia.example/it",
        "org.b40.registry.membership.reported.v1",
        "2022-06-28T12:00:00+03:00",
        "",
        "2022-07-01T09:00:00Z",
        "c24606bb6bd20ebaff27ff0be8e6b87772c5251c84d2e16481c6feab2b685167",
    ]


def test_a_signature_is_that_of_rfc_8032_over_what_is_sent() -> None:
    key = Ed25519PrivateKey.from_private_bytes(SECRET_OF_RFC_8032)
    assert key.public_key().public_bytes_raw().hex() == PUBLIC_OF_RFC_8032
    event = CloudEvent("1", "//a", "org.b40.registry.membership.reported.v1", AT, "BGSOF", b"{}")
    record = to_kafka(signed(event, key.sign, bytes.fromhex(PUBLIC_OF_RFC_8032), AT))
    headers = {name: value.decode() for name, value in record.headers}
    assert headers["ce_signaturekey"] == key_id(bytes.fromhex(PUBLIC_OF_RFC_8032)) == "21fe31dfa154a261"
    said = content(
        id=headers["ce_id"], source=headers["ce_source"], type=headers["ce_type"], time=headers["ce_time"],
        subject=headers["ce_subject"], signed_at=headers["ce_signaturetime"], data=record.value or b"",
    )  # fmt: skip
    key.public_key().verify(base64.b64decode(headers["ce_signature"]), said)
    assert from_kafka(record.key, record.value, record.headers).extensions.keys() >= {"signature"}
