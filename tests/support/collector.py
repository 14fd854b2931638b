"""A collector of traces: takes what OpenTelemetry's exporter sends over HTTP, and keeps the bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.support.serving import serving


@contextmanager
def collecting() -> Iterator[tuple[str, list[bytes]]]:
    """Its endpoint, and the bodies of the requests that came so far."""
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep what came."""
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with serving(Collector) as url:
        yield f"{url}/v1/traces", bodies
