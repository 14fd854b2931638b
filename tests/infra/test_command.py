"""The command ``b40`` explains itself, and says what is wrong in one line."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
from b40_infra import command
from b40_infra.local import addresses, ports
from typer.testing import CliRunner

COMMANDS = (
    ("up",),
    ("season",),
    ("prepare",),
    ("clock",),
    ("topics", "plan"),
    ("topics", "apply"),
    ("topics", "in-sync"),
    ("publish",),
    ("tail",),
    ("dead-letters", "list"),
    ("dead-letters", "show"),
    ("dead-letters", "replay"),
    ("dead-letters", "discard"),
    ("observation", "generate"),
    ("unsendable", "list"),
    ("unsendable", "send-again"),
    ("positions", "show"),
    ("positions", "resume"),
    ("positions", "rewind"),
    ("status",),
    ("republish",),
    ("lost-intake",),
    ("backup",),
    ("restore",),
    ("backups", "list"),
    ("backups", "verify"),
    ("backups", "prune"),
    ("integrators", "add"),
    ("integrators", "rotate"),
    ("integrators", "revoke"),
    ("integrators", "list"),
    ("conformance",),
    ("solidarity", "verify"),
    ("solidarity", "audit"),
    ("solidarity", "openings"),
)


def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What ``b40`` says on standard error when it fails, its exit code checked."""
    monkeypatch.setattr(sys, "argv", ["b40", *arguments])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 1
    return capsys.readouterr().err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_each_command_says_what_it_does(words: tuple[str, ...]) -> None:
    """Breaks if a command of the list is missing or has no help."""
    answer = CliRunner().invoke(command.app, [*words, "--help"])
    assert answer.exit_code == 0
    assert f"Usage: b40 {' '.join(words)}" in answer.output.replace("root ", "b40 ")


def test_without_a_running_platform_it_says_how_to_start_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Breaks if a newcomer's first `b40 status` ends in a traceback."""
    error = told(capsys, monkeypatch, "status", "--folder", str(tmp_path))
    assert error.splitlines() == [f"✗ no platform runs in {tmp_path}: start one with `make up`, or give its --folder"]


def test_a_misspelt_topic_is_answered_with_those_that_are_near(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Breaks if the names have to be known by heart."""
    assert "did you mean registry-cities" in told(
        capsys, monkeypatch, "tail", "registry-city", "--kafka", "localhost:1"
    )


def test_an_app_that_does_not_answer_is_shown_and_ends_status_with_an_error(tmp_path: Path) -> None:
    """Breaks if a script cannot tell a platform that is half down."""
    addresses.free(["registry"]).write(tmp_path)
    answer = CliRunner().invoke(command.app, ["status", "--folder", str(tmp_path)])
    assert answer.exit_code == 1
    assert "no answer" in answer.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_what_runs_stop_in_order(number: signal.Signals) -> None:
    """Breaks if Ctrl-C leaves processes behind, or ends in a traceback."""
    stopped = []

    async def work() -> int:
        try:
            os.kill(os.getpid(), number)
            await asyncio.get_running_loop().create_future()
        finally:
            stopped.append("in order")
        return 0

    assert command.run_until_signal(work(), interrupted=130) == 130
    assert stopped == ["in order"]


def test_addresses_are_read_as_they_were_written(tmp_path: Path) -> None:
    """Breaks if other commands look at other ports than the platform's."""
    written = addresses.free()
    written.write(tmp_path)
    assert addresses.read(tmp_path) == written
    used = [written.kafka, written.controller, written.postgres, written.smtp]
    used += [port for app in written.apps.values() for port in (app.public_port, app.operations_port)]
    assert len(used) == len(set(used))
    assert all(not ports.listens(port) for port in used)
