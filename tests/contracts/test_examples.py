"""Golden examples: messages as once published. Each stays readable, and each type has one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from b40_contracts import catalogue
from b40_contracts.cloudevents import CloudEvent, Malformed, describe, from_kafka, from_structured, read, to_kafka
from b40_contracts.documents.schema import schema
from b40_contracts.event import Event
from jsonschema import Draft202012Validator, FormatChecker

FOLDER = Path(__file__).parents[2] / "contracts" / "examples"
FILES = sorted(FOLDER.glob("*/*.json"))
TYPES = catalogue.types()
VALIDATORS = {
    type_: Draft202012Validator(schema(event), format_checker=FormatChecker()) for type_, event in TYPES.items()
}

each_example = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")


def example(file: Path) -> CloudEvent:
    return from_structured(file.read_bytes())


def test_every_type_has_an_example_and_no_example_is_without_a_type() -> None:
    assert {file.parent.name for file in FILES} == set(TYPES)
    assert {file for file in FOLDER.rglob("*") if file.is_file()} == set(FILES)


@each_example
def test_an_example_is_still_readable(file: Path) -> None:
    """Breaks if a change inside a version makes a message unreadable that was once published."""
    cloud_event = example(file)
    assert cloud_event.type == file.parent.name
    assert cloud_event.time is not None
    event = read(cloud_event, TYPES)
    assert cloud_event.subject == event.subject, "an example shows the subject"
    VALIDATORS[cloud_event.type].validate(json.loads(cloud_event.data or b""))
    again = describe(event, id=cloud_event.id, source=cloud_event.source, time=cloud_event.time)
    record = to_kafka(again)
    assert read(from_kafka(record.key, record.value, record.headers), TYPES) == event


@each_example
def test_what_a_schema_forbids_is_not_read_and_its_field_is_told(file: Path) -> None:
    """INVARIANT: an integrator who validates against the schema and one who just sends learn the same."""
    cloud_event = example(file)
    for field, data in mutations(json.loads(cloud_event.data or b"")):
        if VALIDATORS[cloud_event.type].is_valid(data):
            continue
        with pytest.raises(Malformed) as caught:
            reread(cloud_event, data)
        assert caught.value.field.startswith(f"data.{field}"), data


def mutations(data: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The data with one field left out, and with values in it that a careless sender might put there."""
    for field in data:
        yield field, {name: value for name, value in data.items() if name != field}
        for wrong in (None, True, -1, 1.5, "", "Ş\n", "1899-12-31", [], [7], {}, {"x": 1}):
            yield field, {**data, field: wrong}


def reread(cloud_event: CloudEvent, data: dict[str, Any]) -> Event:
    sent = CloudEvent(
        cloud_event.id, cloud_event.source, cloud_event.type, cloud_event.time, None, json.dumps(data).encode()
    )
    return read(sent, TYPES)
