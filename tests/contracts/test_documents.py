"""What is derived from the catalogue is committed as derived, follows its standards, and never breaks a reader."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from b40_contracts import catalogue, generate
from b40_contracts.documents.asyncapi import asyncapi
from b40_contracts.documents.evolution import breaks
from b40_contracts.documents.schema import schema
from b40_contracts.documents.yaml import dump
from b40_contracts.event import Event
from b40_contracts.platform import EventRefused, Ticked
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from hypothesis import given
from jsonschema import Draft202012Validator

from tests.contracts.envelopes import json_values

CONTRACTS = Path(__file__).parents[2] / "contracts"
DOCUMENT: dict[str, Any] = asyncapi(catalogue.TOPICS, generate.VERSION)

CHANNEL_BINDING = {"topic", "partitions", "replicas", "topicConfiguration", "bindingVersion"}
TOPIC_CONFIGURATION = {
    "cleanup.policy",
    "retention.ms",
    "retention.bytes",
    "delete.retention.ms",
    "max.message.bytes",
}
MESSAGE_BINDING = {"key", "schemaIdLocation", "schemaIdPayloadEncoding", "schemaLookupStrategy", "bindingVersion"}


def test_committed_documents_are_those_of_the_catalogue() -> None:
    """Breaks if a contract changed without its documents; `make contracts` writes them, and the diff is reviewed."""
    documents = generate.documents(catalogue.TOPICS)
    schemas = {f"schemas/{file.name}" for file in (CONTRACTS / "schemas").iterdir()}
    assert schemas == documents.keys() - {"asyncapi.yaml"}
    differing = [path for path, text in documents.items() if (CONTRACTS / path).read_text() != text]
    assert differing == [], "run `make contracts`"


@pytest.mark.parametrize("event", catalogue.types().values(), ids=lambda event: event.__name__)
def test_a_schema_is_one_and_describes_every_field(event: type[Event]) -> None:
    generated = schema(event)
    Draft202012Validator.check_schema(generated)
    assert all(field["description"] for field in generated["properties"].values())
    assert generated["description"]


def test_schemas_say_what_the_reader_checks_of_instants_and_names() -> None:
    assert schema(Ticked)["properties"]["now"]["formatMinimum"] == "1900-01-01T00:00:00Z"
    city = json.dumps(schema(catalogue.topic("registry-cities").events[0]))
    assert city.count('"patternProperties"') == city.count('"additionalProperties": false')


def test_the_document_is_asyncapi_3() -> None:
    """FastStream's model of AsyncAPI 3 is the oracle for its shape (it wants a path, which the standard does not)."""
    servers = {"kafka": {**DOCUMENT["servers"]["kafka"], "pathname": ""}}
    ApplicationSchema.model_validate({**DOCUMENT, "servers": servers})
    assert yaml.safe_load((CONTRACTS / "asyncapi.yaml").read_text()) == DOCUMENT


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        if reference.startswith("./"):
            assert (CONTRACTS / reference).is_file(), reference
            continue
        found: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def test_kafka_bindings_hold_only_what_0_4_0_defines() -> None:
    for topic in catalogue.TOPICS:
        binding = DOCUMENT["channels"][topic.name]["bindings"]["kafka"]
        assert binding.keys() <= CHANNEL_BINDING
        assert binding["topicConfiguration"].keys() <= TOPIC_CONFIGURATION
        assert binding["partitions"] == topic.partitions
        assert binding["topicConfiguration"]["cleanup.policy"] == ["compact" if topic.is_state else "delete"]
    for message in DOCUMENT["components"]["messages"].values():
        assert message["bindings"]["kafka"].keys() <= MESSAGE_BINDING
    assert set(re.findall(r'bindingVersion: "?([\d.]+)', dump(DOCUMENT))) == {"0.4.0"}


def test_each_side_of_each_topic_is_an_operation() -> None:
    operations = DOCUMENT["operations"]
    for topic in catalogue.TOPICS:
        said = operations.get(f"{topic.producer}.sends.{topic.name}")
        assert (said is None) is (topic.producer == catalogue.INTEGRATORS)
        for consumer in topic.consumers:
            assert operations[f"{consumer.app}.receives.{topic.name}"]["action"] == "receive"
    assert len(operations) == sum(len(t.consumers) + (t.producer != catalogue.INTEGRATORS) for t in catalogue.TOPICS)


@given(json_values)
def test_the_yaml_that_we_write_is_read_as_what_it_was(value: Any) -> None:
    assert yaml.safe_load(dump(value)) == value


@pytest.mark.parametrize(
    "word", ["no", "ON", "null", "1.0", "1e3", "", " a", "a: b", "# a", "2022-06-28", "0x1F", "a\nb", "~"]
)
def test_words_with_a_meaning_in_yaml_stay_text(word: str) -> None:
    assert yaml.safe_load(dump({word: [word, {word: word}], "empty": {}, "none": []})) == {
        word: [word, {word: word}],
        "empty": {},
        "none": [],
    }


PUBLISHED: dict[str, Any] = {
    "title": "ThingSaid",
    "description": "A thing.",
    "$defs": {"Part": {"properties": {"count": {"type": "integer"}}, "required": ["count"], "type": "object"}},
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 10},
        "kind": {"enum": ["a", "b"]},
        "part": {"$ref": "#/$defs/Part"},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/Part"}},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    },
    "required": ["name", "part"],
}


def changed(*path: str, to: Any) -> dict[str, Any]:
    """The published schema with one place changed; None removes it."""
    copy: dict[str, Any] = json.loads(json.dumps(PUBLISHED))
    node = copy
    for part in path[:-1]:
        node = node[part]
    if to is None:
        del node[path[-1]]
    else:
        node[path[-1]] = to
    return copy


@pytest.mark.parametrize(
    ("new", "told"),
    [
        (changed("properties", "name", to=None), "data.name: is gone"),
        (changed("properties", "name", "maxLength", to=5), "data.name: maxLength was 10, is 5"),
        (changed("properties", "name", "maxLength", to=None), "data.name: maxLength was 10, is absent"),
        (changed("properties", "name", "pattern", to="^a"), "data.name: pattern was absent, is '^a'"),
        (changed("properties", "name", "type", to="integer"), "data.name: type was 'string', is 'integer'"),
        (changed("properties", "kind", "enum", to=["a"]), "data.kind: enum was ['a', 'b'], is ['a']"),
        (changed("properties", "kind", "enum", to=["a", "c"]), "data.kind: enum was 'b', is 'c'"),
        (changed("properties", "maybe", "anyOf", to=[{"type": "string"}]), "data.maybe: anyOf was"),
        (changed("properties", "maybe", "anyOf", to=[{"type": "integer"}, {"type": "null"}]), "data.maybe: type was"),
        (changed("required", to=["name"]), "data.part: became optional"),
        (changed("required", to=["name", "part", "kind"]), "data.kind: became required"),
        (changed("$defs", "Part", "properties", "count", "type", to="string"), "data.part.count: type was"),
        (changed("$defs", "Part", "properties", to={}), "data.part.count: is gone"),
    ],
)
def test_what_breaks_a_reader_is_told(new: dict[str, Any], told: str) -> None:
    assert any(change.startswith(told) for change in breaks(PUBLISHED, new)), breaks(PUBLISHED, new)


def test_a_new_required_field_breaks_and_a_new_optional_one_does_not() -> None:
    new = changed("properties", "later", to={"type": "string"})
    assert breaks(PUBLISHED, new) == []
    assert breaks(PUBLISHED, {**new, "required": ["name", "part", "later"]}) == ["data.later: is new and required"]
    part = changed("$defs", "Part", "properties", "more", to={"type": "string"})
    assert breaks(PUBLISHED, part) == []


def test_descriptions_may_change() -> None:
    assert breaks(PUBLISHED, {**changed("description", to="Better."), "title": "Thing"}) == []


def test_generating_refuses_to_break_what_was_published(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """INVARIANT: a break of a schema can not be written by running the generator without thinking."""
    assert generate.main([str(tmp_path)]) == 0
    file = tmp_path / "schemas" / f"{EventRefused.type}.json"
    older = json.loads(file.read_text())
    older["properties"]["remedy"] = {"type": "string", "description": "What helps."}
    file.write_text(json.dumps(older))
    orphan = tmp_path / "schemas" / "org.b40.platform.event.accepted.v1.json"
    orphan.write_text("{}")
    assert generate.main([str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert "org.b40.platform.event.refused.v1: data.remedy: is gone" in told
    assert "org.b40.platform.event.accepted.v1: the type is gone" in told
    assert orphan.exists()
    assert generate.main([str(tmp_path), "--unpublished"]) == 0
    assert not orphan.exists()
    assert generate.main([str(tmp_path)]) == 0
