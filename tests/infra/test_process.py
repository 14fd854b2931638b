"""Children die with their parent, and of a killed run only what is left of it is ended."""

import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from b40_infra.errors import Trouble
from b40_infra.local import ports
from b40_infra.local.process import Child, Command, end_leftover, wait_until

SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


def started_at(process: subprocess.Popen[bytes]) -> float:
    return psutil.Process(process.pid).create_time()


def test_a_child_dies_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    """Breaks if a killed run leaves a broker behind that spoils the next one."""
    program = f"""
        import os, signal
        from pathlib import Path
        from b40_infra.local.process import Child, Command
        child = Child(Command(name="child", arguments={SLEEPER!r}), Path({str(tmp_path)!r}))
        child.start()
        print(child.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    parent = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, check=False)
    pid = int(parent.stdout)
    gone = not psutil.pid_exists(pid) or not psutil.wait_procs([psutil.Process(pid)], timeout=10)[1]
    assert gone, "the child outlived its parent"


def test_a_leftover_is_ended(tmp_path: Path) -> None:
    """Breaks if the next run starts beside what a killed one left."""
    with subprocess.Popen(SLEEPER) as leftover:
        pid_file = tmp_path / "child.pid"
        pid_file.write_text(f"{leftover.pid} {started_at(leftover)}\n", "ascii")
        assert end_leftover(pid_file)
        assert leftover.poll() is not None
    assert not pid_file.exists()


def test_a_stranger_with_the_same_process_id_is_left_alone(tmp_path: Path) -> None:
    """Breaks if an id that was given to another process meanwhile is believed."""
    with subprocess.Popen(SLEEPER) as stranger:
        pid_file = tmp_path / "child.pid"
        pid_file.write_text(f"{stranger.pid} {started_at(stranger) - 60}\n", "ascii")
        assert not end_leftover(pid_file)
        assert stranger.poll() is None
        stranger.kill()
    assert not pid_file.exists()


def test_a_broken_pid_file_is_cleared_away(tmp_path: Path) -> None:
    """Breaks if a pid file that was half written stops every later start."""
    pid_file = tmp_path / "child.pid"
    pid_file.write_text("12", "ascii")
    assert not end_leftover(pid_file)
    assert not pid_file.exists()


def test_a_child_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    """Breaks if a person has to search for the log."""
    child = Child(Command(name="broken", arguments=[sys.executable, "-c", "exit('no room on the disk')"]), tmp_path)
    child.start()
    with pytest.raises(Trouble, match=r"broken ended while it started: no room on the disk \(log: "):
        wait_until(lambda: False, child, 20)


def test_a_port_in_use_is_named_with_who_has_it() -> None:
    """Breaks if a person sees `address already in use` and no more."""
    with socket.socket() as taken:
        taken.bind((ports.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Trouble, match=rf"port {port}, which Kafka needs, is in use by .* \(process \d+\)"):
            ports.require_free(port, "Kafka")
    ports.require_free(port, "Kafka")
