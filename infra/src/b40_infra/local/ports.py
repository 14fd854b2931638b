"""Ports of this machine: free ones for tests, and a clear line when a wanted one is taken."""

import socket
from contextlib import suppress

import psutil

from b40_infra.errors import Trouble

HOST = "127.0.0.1"


def free() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port


def require_free(port: int, purpose: str, setting: str) -> None:
    """Raise Trouble, naming who has it, if somebody listens on the port that ``purpose`` needs."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Trouble(
                f"port {port}, which {purpose} needs, is in use{_by_whom(port)}: end that, or set {setting} to another"
            ) from None


def listens(port: int) -> bool:
    """True if somebody accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((HOST, port)) == 0


def _by_whom(port: int) -> str:
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,) and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""
