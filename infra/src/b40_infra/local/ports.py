"""Ports of this machine: free ones for tests, and a clear line when a wanted one is taken."""

import os
import secrets
import socket
from collections import deque
from contextlib import suppress

from b40_infra.errors import Trouble

HOST = "127.0.0.1"
RESERVATIONS_MAX = 64
"""Ports that a process keeps for itself at once; the oldest are listened on by then, or given up."""

_reservations: deque[int] = deque()


def free() -> int:
    """A port that nobody listens on now, below those that the system gives to outgoing connections.

    (From among those, a client that connects again and again to a server that is down may meet itself.)
    Between choosing a port and listening on it nobody else is given it, on the whole machine: whoever chooses first
    takes the same port of UDP, which no part of the platform listens on.
    """
    while True:
        port = secrets.choice(range(20_000, 32_000))  # a seeded generator would give two runs the same
        with socket.socket(type=socket.SOCK_DGRAM) as reservation, socket.socket() as probe, suppress(OSError):
            reservation.bind((HOST, port))
            probe.bind((HOST, port))
            _keep(reservation.detach())
            return port


def require_free(port: int, purpose: str) -> None:
    """Raise Trouble, naming who has it, if somebody listens on the port that ``purpose`` needs."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Trouble(f"port {port}, which {purpose} needs, is in use{_by_whom(port)}: end that first") from None


def listens(port: int) -> bool:
    """True if somebody accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def _by_whom(port: int) -> str:
    import psutil

    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""


def _keep(reservation: int) -> None:
    _reservations.append(reservation)
    if len(_reservations) > RESERVATIONS_MAX:
        os.close(_reservations.popleft())
