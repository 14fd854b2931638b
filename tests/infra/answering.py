"""An app's operations port that answers what a test says, and remembers what it was asked."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.serving import serving

Asked = list[tuple[str, Any]]
"""Path and body of each question; the body of a GET, and of a POST without one, is None."""


@contextmanager
def answering(answers: Mapping[str, Any]) -> Iterator[tuple[str, Asked]]:
    """Its URL, and what it was asked so far. A path that has no answer is answered with 503."""
    asked: Asked = []

    class App(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Note the question and answer it."""
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            self._answer(json.loads(body) if body else None)

        def do_GET(self) -> None:
            """Note the question and answer it."""
            self._answer(None)

        def _answer(self, question: Any) -> None:
            asked.append((self.path, question))
            body = json.dumps(answers.get(self.path, {"title": "Not ready"})).encode()
            self.send_response(200 if self.path in answers else 503)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(App) as url:
        yield url, asked
