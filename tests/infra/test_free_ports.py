"""A free port is given to one at a time, also before that one listens on it."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from b40_infra.local import ports

ASKS = """
from b40_infra.local import ports
left = {chosen}
ports.secrets.choice = lambda few: left.pop(0)
print(ports.free())
"""


def chosen_in_order(*few: int) -> Callable[[object], int]:
    left = list(few)
    return lambda _: left.pop(0)


def test_a_port_that_somebody_was_given_is_given_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if two checkouts that test at once can be given the same port, as neither listens on it yet."""
    first, second = ports.free(), ports.free()
    asks = ASKS.format(chosen=[first, second, 19_999])
    assert subprocess.check_output([sys.executable, "-c", asks], text=True, timeout=30).strip() == "19999"
    monkeypatch.setattr("b40_infra.local.ports.secrets.choice", chosen_in_order(first, second, 19_998))
    assert ports.free() == 19_998


def test_a_process_keeps_a_bounded_number_of_them() -> None:
    """Breaks if a long run of tests ends for want of file descriptors."""
    for _ in range(ports.RESERVATIONS_MAX + 5):
        ports.free()
    assert len(ports._reservations) == ports.RESERVATIONS_MAX
