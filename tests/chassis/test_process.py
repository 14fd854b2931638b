"""Whatever keeps a process from ending, it is cut off."""

import os
import threading

import pytest
from b40_chassis import process


def test_a_process_that_does_not_end_in_time_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if the event loop has to agree: a handler that never gives it back would keep the process for ever."""
    codes: list[int] = []
    cut = threading.Event()

    def noted(code: int) -> None:
        codes.append(code)
        cut.set()

    monkeypatch.setattr(process, "END_SECONDS_MAX", 0.05)
    monkeypatch.setattr(os, "_exit", noted)
    process._cut_off_later()
    assert cut.wait(20), "this thread stands still, as a busy loop would"
    assert codes == [process.CUT_OFF]
