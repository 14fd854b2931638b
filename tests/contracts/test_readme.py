"""What the README tells integrators to do works as it stands there."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from b40_contracts import catalogue
from b40_contracts.cloudevents import CloudEvent, KafkaRecord, from_http, from_kafka, read
from b40_contracts.values import Source

README = (Path(__file__).parents[2] / "contracts" / "README.md").read_text()
REPORTING, FOLLOWING = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


class Recorder:
    """A Kafka producer that remembers what it was given."""

    def __init__(self) -> None:
        self.produced: list[tuple[str, KafkaRecord]] = []

    def produce(self, topic: str, *, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        self.produced.append((topic, KafkaRecord(key, value, headers)))


def report() -> tuple[str, KafkaRecord]:
    producer = Recorder()
    exec(REPORTING, {"producer": producer, "datetime": datetime, "date": date, "UTC": UTC, "Source": Source})  # noqa: S102
    (produced,) = producer.produced
    return produced


def test_five_lines_report_a_fact() -> None:
    assert len([line for line in REPORTING.splitlines() if line]) == 5
    topic, record = report()
    event = read(from_kafka(record.key, record.value, record.headers), catalogue.types())
    assert type(event) in catalogue.topic(topic).events


def test_what_is_announced_can_be_followed() -> None:
    names: dict[str, Any] = {"record": report()[1]}
    exec(FOLLOWING, names)  # noqa: S102
    assert names["event"].subject == "BGSOF"


def test_curl_says_the_same() -> None:
    (command,) = re.findall(r"```sh\n(curl .*?)```", README, re.DOTALL)
    headers = [tuple(header.split(": ", 1)) for header in re.findall(r"-H '(.*?)'", command)]
    (body,) = re.findall(r"-d '(.*?)'", command)
    told = from_http([(name, value) for name, value in headers], body.encode())
    _, record = report()
    said = from_kafka(record.key, record.value, record.headers)
    assert read(told, catalogue.types()) == read(said, catalogue.types())
    assert (told.id, told.source, told.type) == (said.id, said.source, said.type)


@pytest.mark.parametrize("mistake", ["city", "status", "on", "source"])
def test_a_field_left_out_is_named(mistake: str) -> None:
    _, record = report()
    data = {name: value for name, value in json.loads(record.value or b"").items() if name != mistake}
    kept = from_kafka(record.key, record.value, record.headers)
    sent = CloudEvent(kept.id, kept.source, kept.type, kept.time, None, json.dumps(data).encode())
    with pytest.raises(Exception, match=f"data.{mistake}: Field required"):
        read(sent, catalogue.types())
