"""``b40 publish`` brings each event where it belongs, and tells an error in one line that names event and field."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from b40_contracts import catalogue
from b40_contracts.registry import MembershipReported
from b40_infra import publish, tail, topics
from b40_infra.errors import Trouble
from b40_infra.topics import VALUE_BYTES_MAX

INTAKE = catalogue.topic("registry-intake")
SEALED_INTAKE = catalogue.topic("solidarity-needs-intake")
EXAMPLES = Path(__file__).parents[2] / "contracts" / "examples"


def example(type_: str = MembershipReported.type) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(min((EXAMPLES / type_).glob("*.json")).read_text("utf-8"))
    return document


def written(folder: Path, *documents: Any, name: str = "facts.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(f"{json.dumps(document)}\n" for document in documents), "utf-8")
    return path


@pytest.fixture
def prefix(kafka: str) -> str:
    """A prefix of one test's own, with the registry's intake behind it."""
    prefix = f"t{uuid.uuid4().hex[:8]}-"
    topics.ensure(kafka, prefix, (INTAKE,))
    return prefix


def test_each_event_arrives_on_the_intake_of_its_type(kafka: str, prefix: str, tmp_path: Path) -> None:
    """Breaks if the type does not decide, or if what arrives cannot be read as what was sent."""
    events = publish.load(written(tmp_path, example()))
    publish.Sender(kafka, {}, prefix).send(events)
    line = next(line for line in tail.follow(kafka, INTAKE, last=None, prefix=prefix) if line is not None)
    sent = example()
    assert (line.key, line.what) == (sent["subject"], MembershipReported.type)
    assert json.loads(line.data) == sent["data"]


def test_a_list_and_a_single_event_are_files_as_well(tmp_path: Path) -> None:
    """Breaks if only one form of a file is read."""
    single = tmp_path / "one.json"
    single.write_text(json.dumps(example()), "utf-8")
    several = tmp_path / "list.json"
    several.write_text(json.dumps([example(), example()]), "utf-8")
    assert [event.where for event in publish.load(single)] == ["one.json"]
    assert [event.where for event in publish.load(several)] == ["list.json event 1", "list.json event 2"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": None}, r"facts\.jsonl line 2: id: is missing"),
        ({"time": "yesterday"}, r"facts\.jsonl line 2 \(id [^)]+\): time: must be a timestamp"),
        (
            {"type": "org.b40.registry.city.admitted.v1"},
            r"line 2 \(id [^)]+\): type: org\.b40\.registry\.city",
        ),
        ({"data": None}, r"line 2 \(id [^)]+\): data: is missing"),
        ({"data": {"city": "Sofia"}}, r"line 2 \(id [^)]+\): data\.city: "),
    ],
)
def test_what_is_wrong_is_told_by_line_id_and_field(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    """Breaks if a person has to guess which event of a file was meant, or what is wrong with it."""
    with pytest.raises(Trouble, match=told) as caught:
        publish.load(written(tmp_path, example(), example() | change))
    assert "\n" not in str(caught.value)


def test_truncated_json_and_missing_files_are_told_in_one_line(tmp_path: Path) -> None:
    """Breaks if a traceback comes instead."""
    path = tmp_path / "facts.jsonl"
    path.write_text(json.dumps(example())[:-10], "utf-8")
    with pytest.raises(Trouble, match=r"facts\.jsonl line 1: is not JSON: "):
        publish.load(path)
    with pytest.raises(Trouble, match=r"cannot read .*nothing\.json: No such file"):
        publish.load(tmp_path / "nothing.json")


def test_unchecked_data_are_left_to_their_receiver_to_judge(tmp_path: Path) -> None:
    """Breaks if bad input cannot be sent on purpose."""
    bad = example() | {"data": {"city": "Sofia"}}
    assert len(publish.load(written(tmp_path, bad), checked=False)) == 1


def test_two_megabytes_are_the_brokers_refusal_in_one_line(kafka: str, prefix: str, tmp_path: Path) -> None:
    """Breaks if a value that no topic takes is retried, or told as a code."""
    large = example()
    large["data"]["source"]["passage"] = "x" * 2_000_000
    events = publish.load(written(tmp_path, large), checked=False)
    told = rf"line 1 \(id {large['id']}\): data has 2,\d+,\d+ bytes, and registry-intake takes at most 1,048,576"
    with pytest.raises(Trouble, match=told):
        publish.Sender(kafka, {}, prefix).send(events)
    assert VALUE_BYTES_MAX == 1_048_576


def test_a_sealed_intake_is_not_reached_by_kafka(kafka: str, tmp_path: Path) -> None:
    """INVARIANT: nothing unsealed stands on a sealed topic. Breaks if it is published like others."""
    sealed = example(SEALED_INTAKE.events[0].type)
    events = publish.load(written(tmp_path, sealed))
    assert events[0].topic is SEALED_INTAKE
    with pytest.raises(Trouble, match="is sealed, and the address of solidarity-needs is not known"):
        publish.Sender(kafka, {}).send(events)


def test_a_key_has_the_home_that_other_clients_give_it(kafka: str, prefix: str, tmp_path: Path) -> None:
    """Breaks if one city's events lie on two partitions because two clients hash differently."""
    from aiokafka.partitioner import DefaultPartitioner

    publish.Sender(kafka, {}, prefix).send(publish.load(written(tmp_path, example())))
    line = next(line for line in tail.follow(kafka, INTAKE, last=None, prefix=prefix) if line is not None)
    partitions = list(range(INTAKE.partitions))
    assert line.partition == DefaultPartitioner()(example()["subject"].encode(), partitions, partitions)


def test_an_example_of_each_reported_type_can_be_published(tmp_path: Path) -> None:
    """Breaks if a type that integrators report has no intake, or its example is not valid."""
    for type_, topic in publish.intake_topics().items():
        events = publish.load(written(tmp_path, example(type_)))
        assert [event.topic for event in events] == [topic]
