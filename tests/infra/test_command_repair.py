"""The commands that repair ask the app, and show in words what it answers."""

from collections.abc import Iterator

import pytest
from b40_infra import command
from typer.testing import CliRunner

from tests.infra.answering import Asked, answering

ID = "0198c5d2-0000-7000-8000-000000000001"
ANSWERS = {
    "/archive/republish": {"topics": {"library-books": {"compared": 40, "lost": 5, "unknown": 2}}},
    "/positions/library-intake/rewind": {"partitions": [{"partition": 1, "from": 9, "to": 4}]},
    "/intake/lost": [{"source": "//utility.example", "id": ID, "appended": "2022-06-20T09:00:00+00:00"}],
    "/unsendable": [{"id": 4, "topic": "library-books", "reason": "InvalidTopicError", "since": "2022-06-20T09"}],
    "/unsendable/send-again": {"sent": 3},
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """What an app that answers so was asked."""
    with answering(ANSWERS) as (url, asked):
        monkeypatch.setenv("B40_OPERATIONS", f"library={url}")
        yield asked


@pytest.mark.parametrize(("option", "last"), [(["--dry-run"], "to publish"), ([], "published again")])
def test_it_shows_what_was_lost(asked: Asked, option: list[str], last: str) -> None:
    """Breaks if a dry run publishes, or if what is shown is not what the app said."""
    answer = CliRunner().invoke(command.app, ["republish", "library", "--topic", "library-books", *option])
    assert answer.exit_code == 0, answer.output
    assert asked == [("/archive/republish", {"topic": "library-books", "dry_run": bool(option)})]
    heading, row = answer.output.strip().splitlines()
    assert heading.split() == ["topic", "compared", "lost", "unknown", *last.split()]
    assert row.split() == ["library-books", "40", "5", "2", "7"]


def test_a_rewind_says_where_each_partition_stood(asked: Asked) -> None:
    """Breaks if the place is not sent, or not told."""
    options = ["--to-time", "2022-06-20T00:00:00Z"]
    answer = CliRunner().invoke(command.app, ["positions", "rewind", "library", "library-intake", *options])
    assert answer.exit_code == 0, answer.output
    where = {"partition": None, "to_offset": None, "to_time": "2022-06-20T00:00:00Z"}
    assert asked == [("/positions/library-intake/rewind", where)]
    assert answer.output == "library library-intake/1 stood at 9, is heard again from 4\n"


def test_lost_intake_is_named_by_source_and_id(asked: Asked) -> None:
    """Breaks if a sender cannot be told what to send again, or if a script takes a loss for none."""
    answer = CliRunner().invoke(command.app, ["lost-intake", "library"])
    assert answer.exit_code == 1
    assert asked == [("/intake/lost", None)]
    assert answer.output.splitlines()[-1].split() == ["//utility.example", ID, "2022-06-20T09:00:00"]


def test_what_kafka_refuses_is_listed_and_sent_again(asked: Asked) -> None:
    """Breaks if what waits for a repair is not told, or if the repair needs more than a command."""
    listed = CliRunner().invoke(command.app, ["unsendable", "list"])
    row = ["library", "4", "library-books", "2022-06-20T09", "InvalidTopicError"]
    assert listed.output.splitlines()[-1].split() == row
    again = CliRunner().invoke(command.app, ["unsendable", "send-again", "library"])
    assert again.output == "library: sent again: 3\n"
    assert asked == [("/unsendable", None), ("/unsendable/send-again", None)]
