"""A process that is wrongly set says so and ends; whatever keeps one from ending, it is cut off."""

import os
import threading
from typing import Any

import pytest
from b40_chassis import process
from b40_notify import settings as notify_settings

from tests.chassis.library import Switches, library


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


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("B40_")]:
        monkeypatch.delenv(name)


def said_at_the_start(told: pytest.CaptureFixture[str], *arguments: str, **own: Any) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        process.main(library(Switches()), arguments, **own)
    assert ended.value.code == process.WRONGLY_SET
    return told.readouterr().err.splitlines()


def test_each_setting_that_is_missing_is_named(nothing_set: None, capsys: pytest.CaptureFixture[str]) -> None:
    missing = [f"B40_{name}: Field required" for name in ("DATABASE", "KAFKA", "SECRET")]
    assert said_at_the_start(capsys) == missing
    assert said_at_the_start(capsys, "--migrate") == missing[:1]


def test_a_setting_that_is_wrong_is_named_and_not_shown(
    nothing_set: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if a key with a typing error stands in the log of whoever starts the app."""
    for name, value in (("DATABASE", "postgresql://a"), ("KAFKA", "kafka:9092"), ("SECRET", "ab" * 32)):
        monkeypatch.setenv(f"B40_{name}", value)
    monkeypatch.setenv("B40_VAULT_KEY", "telltale")
    notify_settings.settings.cache_clear()
    (said,) = said_at_the_start(capsys, own=notify_settings.settings)
    assert said.startswith("B40_VAULT_KEY: ")
    assert "telltale" not in said
