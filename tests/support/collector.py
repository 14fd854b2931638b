"""A collector of traces: takes what OpenTelemetry's exporter sends over HTTP, and keeps the bytes."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from b40_infra.local import ports


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

    with HTTPServer((ports.HOST, 0), Collector) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        yield f"http://{ports.HOST}:{server.server_port}/v1/traces", bodies
        server.shutdown()
        serving.join()
