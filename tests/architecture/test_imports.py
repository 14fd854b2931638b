"""Who may import what, by import-linter's contracts in pyproject.toml and by our own rules; each notices a breach."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.architecture.repository import CHASSIS, CONTRACTS, ROOT, SERVICES, SOLIDARITY
from tests.architecture.rules import imports

LINTER = Path(sys.executable).with_name("lint-imports")
SETTINGS: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
APP_FOLDERS = {**SERVICES, **SOLIDARITY}


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter with this repository's contracts on the packages that are found from a folder."""
    chosen = [part for contract in contracts for part in ("--contract", contract)]
    command = [str(LINTER), "--config", str(ROOT / "pyproject.toml"), "--no-cache", "--no-logo", *chosen]
    return subprocess.run(command, cwd=folder, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True)


def test_packages_import_only_downwards() -> None:
    """Design: contracts, chassis, services, infra; services never each other; app, handlers, store."""
    outcome = lint(ROOT)
    assert outcome.returncode == 0, outcome.stdout


def test_contracts_need_pydantic_and_the_standard_library_alone() -> None:
    assert imports.beyond_pydantic(CONTRACTS / "src") == []


def test_the_chassis_knows_no_word_of_the_domain() -> None:
    assert imports.facts_in_chassis(CHASSIS) == []


@pytest.mark.parametrize("package", APP_FOLDERS)
def test_the_domain_is_pure(package: str) -> None:
    """Breaks if a decision could not be tested as a function of values."""
    assert imports.impure_domain(APP_FOLDERS[package], package) == []


@pytest.mark.parametrize("package", SERVICES)
def test_services_leave_kafka_to_the_chassis(package: str) -> None:
    assert imports.speaking_kafka(SERVICES[package]) == []


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree of empty modules with every name that import-linter's contracts speak of; nothing imports anything."""
    folder = tmp_path_factory.mktemp("skeleton")
    names = set(SETTINGS["root_packages"])
    for contract in SETTINGS["contracts"]:
        for key in ("modules", "source_modules", "forbidden_modules", "containers"):
            names |= set(contract.get(key, ()))
        layers = {
            part.strip(" ()") for layer in contract.get("layers", ()) for part in layer.replace("|", ":").split(":")
        }
        names |= {f"{container}.{layer}" for container in contract.get("containers", ()) for layer in layers}
    for name in names:
        package = folder.joinpath(*name.split("."))
        package.mkdir(parents=True, exist_ok=True)
        for parent in (package, *package.relative_to(folder).parents):
            (folder / parent / "__init__.py").write_text("")
    (folder / "__init__.py").unlink()
    return folder


def test_the_skeleton_breaks_nothing(skeleton: Path) -> None:
    outcome = lint(skeleton)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [
        ("downwards", "b40_registry", "b40_events"),
        ("downwards", "b40_contracts", "b40_chassis"),
        ("downwards", "b40_chassis", "b40_notify"),
        ("downwards", "b40_events", "b40_infra"),
        ("frame", "b40_chassis", "b40_contracts.registry"),
        ("owners", "b40_contracts.events", "b40_contracts.registry"),
        ("hands", "b40_solidarity.needs", "b40_solidarity.gifts"),
        ("layers", "b40_registry.store", "b40_registry.handlers"),
        ("layers", "b40_solidarity.matcher.handlers", "b40_solidarity.matcher.app"),
    ],
)
def test_an_import_upwards_or_sideways_is_noticed(skeleton: Path, contract: str, importer: str, imported: str) -> None:
    file = skeleton.joinpath(*importer.split("."), "__init__.py")
    file.write_text(f"import {imported}\n")
    try:
        outcome = lint(skeleton, contract)
    finally:
        file.write_text("")
    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert f"{importer} -> {imported}" in outcome.stdout


def planted(folder: Path, name: str, text: str) -> Path:
    """A tree with one file."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return folder


def test_a_contract_that_needs_another_package_is_noticed(tmp_path: Path) -> None:
    (told,) = imports.beyond_pydantic(planted(tmp_path, "x.py", "import json\nfrom yaml import dump\nimport pydantic"))
    assert "x.py:2: contracts import pydantic and the standard library, not yaml.dump" in told


def test_a_fact_known_to_the_chassis_is_noticed(tmp_path: Path) -> None:
    code = "from b40_contracts.topic import Topic\nfrom b40_contracts import registry\n"
    (told,) = imports.facts_in_chassis(planted(tmp_path, "x.py", code))
    assert (
        "x.py:2: the chassis knows cloudevents, event, integrators, platform, signing, topic, values of the contracts"
        in told
    )


@pytest.mark.parametrize(
    "code",
    ["from asyncpg import Record", "import faststream.kafka", "from b40_chassis.work import Work",
     "def f():\n    from b40_planted.store import cities", "from b40_planted import handlers"],
)  # fmt: skip
def test_a_domain_module_that_is_not_pure_is_noticed(tmp_path: Path, code: str) -> None:
    (told,) = imports.impure_domain(planted(tmp_path, "ledger.py", code), "b40_planted")
    assert "ledger is domain, so pure" in told


def test_a_service_that_speaks_kafka_is_noticed(tmp_path: Path) -> None:
    (told,) = imports.speaking_kafka(planted(tmp_path, "workers/send.py", "from aiokafka import AIOKafkaProducer"))
    assert "services leave Kafka to the chassis: not aiokafka.AIOKafkaProducer" in told


def test_layers_that_touch_the_world_may(tmp_path: Path) -> None:
    planted(tmp_path, "store/cities.py", "import asyncpg")
    planted(tmp_path, "handlers/cities.py", "from b40_planted.store import cities")
    planted(tmp_path, "ledger.py", "from b40_planted import times\nfrom b40_contracts.registry import City")
    assert imports.impure_domain(tmp_path, "b40_planted") == []
