"""What is wrong with somebody's events is told before they go live: file, line, field, reason."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from b40_contracts.cloudevents import CloudEvent, from_structured, to_kafka, to_structured
from b40_infra import command
from b40_infra.conformance import Conformance
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from typer.testing import CliRunner

from tests.support.integrators import Partner

SOFIA = Partner(name="sofia-it", source="https://sofia.example/it")
MEMBER: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1",
    "source": SOFIA.source,
    "type": "org.b40.registry.membership.reported.v1",
    "time": "2022-06-28T12:00:00+03:00",
    "subject": "BGSOF",
    "data": {"city": "BGSOF", "status": "signed", "on": "2022-06-28", "source": {"title": "Protocol"}},
}


def record(event: CloudEvent, **changed: Any) -> dict[str, Any]:
    """A record as ``kcat -J`` prints it."""
    came = to_kafka(event)
    headers = [text for name, value in came.headers for text in (name, value.decode())]
    dumped = {"topic": "registry-intake", "partition": 2, "offset": 7, "headers": headers}
    return {**dumped, "key": "BGSOF", "payload": (came.value or b"").decode(), **changed}


def event(**changed: Any) -> CloudEvent:
    return from_structured({**MEMBER, **changed})


def problems(folder: Path, *documents: Any, signed: bool = False, sources: list[str] | None = None) -> list[str]:
    file = folder / "events.jsonl"
    file.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in documents))
    checks = Conformance(sources or (), SOFIA.signing_key.public_key() if signed else None)
    return [str(problem).removeprefix("events.jsonl ") for found in checks.check(file) for problem in found.problems]


def test_what_an_intake_takes_conforms(tmp_path: Path) -> None:
    assert problems(tmp_path, MEMBER, MEMBER, record(event()), sources=["https://sofia.example"]) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"id": ""}, "id: is empty"),
        ({"specversion": "0.3"}, "specversion: must be 1.0"),
        ({"time": "2022-06-28T12:00:00"}, "time: has no offset from UTC; end it with Z or +03:00"),
        ({"time": None}, "time: is missing: say when the fact happened"),
        ({"type": "org.b40.registry.city.stated.v1"}, "type: org.b40.registry.city.stated.v1 is not reported by"),
        ({"source": "//b40/registry"}, "source: is the platform's own"),
        ({"source": "https://sofia.example.net"}, "source: does not go on from https://sofia.example/it"),
        ({"source": "Sofia IT"}, "source: must be a URI reference"),
        ({"subject": "TRIST"}, "subject: differs from data.city, the key of this type"),
        ({"data": {**MEMBER["data"], "status": "president"}}, "data.status: "),
        ({"data": {**MEMBER["data"], "source": None}}, "data.source: "),
        ({"data": {**MEMBER["data"], "more": "x" * 1_000_000}}, "data: a record of 1000"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changed: dict[str, Any], expected: str) -> None:
    (told,) = problems(tmp_path, MEMBER, {**MEMBER, "id": "2", **changed}, sources=[SOFIA.source])
    assert told.startswith(f"line 2: {expected}")


def test_an_id_with_two_contents_is_named_with_the_first(tmp_path: Path) -> None:
    other = {**MEMBER, "data": {**MEMBER["data"], "on": "2022-06-29"}}
    assert problems(tmp_path, MEMBER, other) == ["line 2: id: was used before, with other content: events.jsonl line 1"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"key": None}, "key: is missing: it is data.city, so that what is said of one stays in order"),
        ({"key": "BG-SOF"}, "key: is not data.city, the key of this type"),
        ({"partition": 1}, "partition: is 1; murmur2 of the key gives 2: set the partitioner"),
        ({"payload": None}, "data: is missing"),
        ({"headers": ["ce_id"]}, "headers: must be a list of names and values in turn"),
    ],
)
def test_of_records_key_and_partition_are_looked_at(tmp_path: Path, changed: dict[str, Any], expected: str) -> None:
    """Breaks if a client with another partitioner is found only when its events overtake each other."""
    assert problems(tmp_path, record(event(), **changed)) == [f"line 1: {expected}"]


def test_of_records_the_signature_is_looked_at(tmp_path: Path) -> None:
    signed = SOFIA.signed(event())
    assert problems(tmp_path, record(signed), signed=True) == []
    wrong = [record(event()), record(Partner().signed(event())), record(replace(signed, id="2")), MEMBER]
    told = [line.partition(":")[2].split(":")[0].strip() for line in problems(tmp_path, *wrong, signed=True)]
    assert told == ["signature", "signaturekey", "signature", "signature"]


@pytest.mark.parametrize(
    ("line", "expected"), [("{", "event: is not JSON"), ("7", "event: must be a JSON object"), ("[" * 10**5, "event: ")]
)
def test_a_line_that_is_no_event_stops_nothing(tmp_path: Path, line: str, expected: str) -> None:
    (told,) = problems(tmp_path, MEMBER, line, MEMBER)
    assert told.startswith(f"line 2: {expected}")


def test_the_command_tells_all_and_ends_with_1(tmp_path: Path) -> None:
    public = tmp_path / "public.pem"
    key = SOFIA.signing_key.public_key()
    public.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    good, bad = tmp_path / "good.json", tmp_path / "bad.jsonl"
    good.write_text(json.dumps([MEMBER, to_structured(event(id="2"))]))
    bad.write_text(json.dumps(record(SOFIA.signed(event()), key=None)))
    answer = CliRunner().invoke(command.app, ["conformance", str(good), "--partitions"])
    assert answer.exit_code == 0, answer.output
    assert answer.output.splitlines() == [
        "good.json event 1: registry-intake/2",
        "good.json event 2: registry-intake/2",
        "2 events, 0 problems; by partition: registry-intake/2 2",
    ]
    answer = CliRunner().invoke(command.app, ["conformance", str(bad), "--public-key", str(public)])
    assert answer.exit_code == 1
    assert answer.output.splitlines()[0].startswith("bad.jsonl line 1: key: is missing")


def test_the_events_of_the_season_conform() -> None:
    """Breaks if the check finds fault with what every intake takes."""
    for file in sorted((Path(__file__).parents[2] / "infra/seasons/2022").glob("*.jsonl")):
        if file.name != "recipients.jsonl":
            assert [found.problems for found in Conformance().check(file) if found.problems] == []
