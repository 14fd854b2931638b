"""Asks the app of this container whether it is ready: ``python -m b40_chassis.healthy``; exit code 0 if it is."""

import http.client
import os
import ssl
import sys

ANSWER_SECONDS_MAX = 3


def ready() -> bool:
    """What the operations port answers. It is this machine's own, so that its certificate need not be checked."""
    port = int(os.environ.get("B40_OPERATIONS_PORT", "9400"))
    connection: http.client.HTTPConnection
    if os.environ.get("B40_TLS"):
        unchecked = ssl._create_unverified_context()  # noqa: S323
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX, context=unchecked)
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if ready() else 1)
