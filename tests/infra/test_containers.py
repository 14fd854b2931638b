"""How tests get their parts on containers, as far as it can be seen without Docker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from b40_infra.local import kafka

from tests.support import containers, parts

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "infra/compose.yaml"


@pytest.mark.parametrize(("way", "is_containers"), [("", False), ("embedded", False), ("containers", True)])
def test_parts_are_embedded_unless_containers_are_asked_for(
    monkeypatch: pytest.MonkeyPatch, way: str, is_containers: bool
) -> None:
    monkeypatch.setenv(parts.ON, way)
    assert parts.on_containers() is is_containers


def test_a_way_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Breaks if a misspelt way runs the tests on something else than was meant."""
    monkeypatch.setenv(parts.ON, "container")
    with pytest.raises(pytest.UsageError, match="B40_TEST_ON=container: there are embedded and containers"):
        parts.on_containers()


def test_without_docker_it_says_so(tmp_path: Path) -> None:
    """Breaks if what is missing is passed over, or told by nothing but what a socket says."""
    program = "from tests.support.containers import kafka_container\nwith kafka_container(): pass"
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/docker.sock"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "Trouble: B40_TEST_ON=containers needs Docker, and its images: " in ended.stderr


def test_the_broker_has_the_settings_of_the_embedded_one() -> None:
    given = containers._environment(kafka.SETTINGS)
    assert given["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    assert len(given) == len(kafka.SETTINGS)
    assert not [name for name in kafka.SETTINGS if "_" in name or "-" in name]


def test_the_images_are_those_of_the_stack() -> None:
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    assert (services["kafka"]["image"], services["postgres"]["image"]) == (containers.KAFKA, containers.POSTGRES)
