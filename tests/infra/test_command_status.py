"""``b40 status`` shows on one screen what is on its way, and what is wrong, with what to call next."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from b40_infra import command
from typer.testing import CliRunner

from tests.infra.answering import answering

QUIET: Mapping[str, Any] = {
    "app": "library", "ready": True, "outbox": 0, "oldest_unsent": 0, "unsendable": 0, "tasks": 0, "waiting": 0,
    "released": 0, "dead": 0, "due_aside": 0, "duplicates": 0, "refused": 0, "stopped": 0, "stops": [],
    "unreadable": [], "positions": {},
}  # fmt: skip
STOP = {"topic": "library-intake", "partition": 2, "reason": "the log is another"}
FLOOD = {"source": "//rubbish.example", "records": 5}


def shown(
    monkeypatch: pytest.MonkeyPatch, *options: str, lag: Mapping[str, int] | None = None, **change: Any
) -> tuple[int, str]:
    """Exit code and output while the library says this of itself."""
    answers = {"/status": {**QUIET, **change}} | ({} if lag is None else {"/lag": lag})
    with answering(answers) as (url, _):
        monkeypatch.setenv("B40_OPERATIONS", f"library={url}")
        answer = CliRunner().invoke(command.app, ["status", *options], env={"COLUMNS": "200"})
    return answer.exit_code, answer.output


def test_where_nothing_is_wrong_there_is_the_table_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = shown(monkeypatch, lag={"library-intake": 3, "clock": 1}, tasks=7)
    assert code == 0
    heading, row = output.splitlines()
    assert heading.replace("to ", "to-").split()[:5] == ["app", "state", "lag", "to-say", "to-do"]
    assert row.split()[:5] == ["library", "ready", "4", "0", "7"]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"stopped": 1, "stops": [STOP]},
            "library: library-intake 2 is stopped, the log is another: "
            "then b40 positions resume library library-intake 2",
        ),
        (
            {"dead": 5, "due_aside": 1},
            "library: 6 could not be read or processed: b40 dead-letters list --app library",
        ),
        ({"unreadable": [FLOOD]}, "library: 5 of them came from //rubbish.example, unreadable"),
        ({"unsendable": 2}, "library: Kafka refuses what it says, 2 so far: b40 unsendable list --app library"),
        ({"outbox": 9, "oldest_unsent": 61}, "library: the oldest of 9 to say has been waiting for 61 s"),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, dict) else "",
)
def test_what_is_wrong_has_a_line_of_its_own(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], line: str
) -> None:
    """Breaks if an operator has to know which number is bad, or what to call next."""
    code, output = shown(monkeypatch, lag={}, **change)
    assert code == 0
    assert output.splitlines()[2:] == [f"✗ {line}"]


def test_a_kafka_that_does_not_answer_is_told_and_is_no_lag_of_0(monkeypatch: pytest.MonkeyPatch) -> None:
    code, output = shown(monkeypatch)
    assert code == 0
    assert output.splitlines()[1].split()[2] == "?"
    assert output.splitlines()[2] == "✗ library: Kafka does not tell it where its logs end"


def test_programs_are_told_the_lag_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _, output = shown(monkeypatch, "--json", lag={"library-intake": 3})
    assert json.loads(output)["library"]["lag"] == 3


def test_an_app_that_does_not_answer_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B40_OPERATIONS", "library=http://127.0.0.1:9")
    answer = CliRunner().invoke(command.app, ["status"])
    assert answer.exit_code == 1
    assert "✗ library: no answer" in answer.output
