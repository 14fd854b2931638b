"""The commands that repair ask the app, and show in words what it answers."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from b40_infra import command
from b40_infra.local import ports
from typer.testing import CliRunner

ID = "0198c5d2-0000-7000-8000-000000000001"
ANSWERS = {
    "/archive/republish": {"topics": {"library-books": {"compared": 40, "lost": 5, "unknown": 2}}},
    "/positions/library-intake/rewind": {"partitions": [{"partition": 1, "from": 9, "to": 4}]},
    "/intake/lost": [{"source": "//utility.example", "id": ID, "appended": "2022-06-20T09:00:00+00:00"}],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """What an app that answers so was asked."""
    asked: list[tuple[str, Any]] = []

    class App(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Note the question and answer it."""
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))))
            self._answer()

        def do_GET(self) -> None:
            """Note the question and answer it."""
            asked.append((self.path, None))
            self._answer()

        def _answer(self) -> None:
            body = json.dumps(ANSWERS[self.path]).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer((ports.HOST, 0), App) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        monkeypatch.setenv("B40_OPERATIONS", f"library=http://{ports.HOST}:{server.server_port}")
        yield asked
        server.shutdown()
        serving.join()


@pytest.mark.parametrize(("option", "last"), [(["--dry-run"], "to publish"), ([], "published again")])
def test_it_shows_what_was_lost(asked: list[tuple[str, Any]], option: list[str], last: str) -> None:
    """Breaks if a dry run publishes, or if what is shown is not what the app said."""
    answer = CliRunner().invoke(command.app, ["republish", "library", "--topic", "library-books", *option])
    assert answer.exit_code == 0, answer.output
    assert asked == [("/archive/republish", {"topic": "library-books", "dry_run": bool(option)})]
    heading, row = answer.output.strip().splitlines()
    assert heading.split() == ["topic", "compared", "lost", "unknown", *last.split()]
    assert row.split() == ["library-books", "40", "5", "2", "7"]


def test_a_rewind_says_where_each_partition_stood(asked: list[tuple[str, Any]]) -> None:
    """Breaks if the place is not sent, or not told."""
    options = ["--to-time", "2022-06-20T00:00:00Z"]
    answer = CliRunner().invoke(command.app, ["positions", "rewind", "library", "library-intake", *options])
    assert answer.exit_code == 0, answer.output
    where = {"partition": None, "to_offset": None, "to_time": "2022-06-20T00:00:00Z"}
    assert asked == [("/positions/library-intake/rewind", where)]
    assert answer.output == "library library-intake/1 stood at 9, is heard again from 4\n"


def test_lost_intake_is_named_by_source_and_id(asked: list[tuple[str, Any]]) -> None:
    """Breaks if a sender cannot be told what to send again, or if a script takes a loss for none."""
    answer = CliRunner().invoke(command.app, ["lost-intake", "library"])
    assert answer.exit_code == 1
    assert asked == [("/intake/lost", None)]
    assert answer.output.splitlines()[-1].split() == ["//utility.example", ID, "2022-06-20T09:00:00"]
