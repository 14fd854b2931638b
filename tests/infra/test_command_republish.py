"""`b40 republish` asks the app, and shows what was lost by topic."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from b40_infra import command
from b40_infra.local import ports
from typer.testing import CliRunner

COUNTS = {"library-books": {"compared": 40, "lost": 5, "unknown": 2}}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, Any]]]:
    """What an app that answers with these counts was asked."""
    asked: list[tuple[str, Any]] = []

    class App(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Note the question and answer it."""
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["content-length"])))))
            body = json.dumps({"dry_run": True, "topics": COUNTS}).encode()
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
