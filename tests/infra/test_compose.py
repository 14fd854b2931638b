"""The compose file, as it is written: what no running stack would show before it is too late."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from b40_contracts.platform import APPS
from b40_infra.databases import OWNER_SUFFIX
from b40_infra.stack_secrets import PARTS

INFRA = Path(__file__).parents[2] / "infra"
OURS = "b40/"
ONCE = ("secrets", "setup", *(f"{app}-migrate" for app in APPS), *(f"{app}-backup" for app in APPS))


@pytest.fixture(scope="module")
def stack() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))
    return found


def secrets_of(service: dict[str, Any]) -> list[str]:
    return [volume for volume in service.get("volumes", []) if volume.startswith("secrets")]


def test_every_app_runs_and_is_migrated_by_the_owner_of_its_database(stack: dict[str, Any]) -> None:
    services = stack["services"]
    for app in APPS:
        assert services[app]["environment"]["B40_KAFKA_USER"] == app
        assert services[app]["environment"]["B40_MIGRATES"] == "false"
        assert secrets_of(services[app]) == [f"secrets-{app}:/secrets:ro"]
        assert secrets_of(services[f"{app}-migrate"]) == [f"secrets-{app}{OWNER_SUFFIX}:/secrets:ro"]
        assert services[app]["depends_on"] == {f"{app}-migrate": {"condition": "service_completed_successfully"}}


def test_backups_of_an_app_are_made_by_its_owner_and_seen_by_nobody_else(stack: dict[str, Any]) -> None:
    """INVARIANT: the hands share nothing. Breaks if one container can read two databases, or another's backups."""
    for app in APPS:
        service = stack["services"][f"{app}-backup"]
        assert service["volumes"] == [
            f"secrets-{app}{OWNER_SUFFIX}:/secrets:ro",
            f"${{B40_BACKUPS_AT:-backups-}}{app}:/backups",
        ]
        assert service["entrypoint"] + service["command"] == ["b40", "backup", app]
        assert service["environment"]["B40_BACKUPS"] == "/backups"
        assert service["networks"] == ["platform"]
        assert service["profiles"] == ["commands"]
        assert f"backups-{app}" in stack["volumes"]
    mounted = [
        name for name, each in stack["services"].items() if any("backups" in one for one in each.get("volumes", ()))
    ]
    assert mounted == [f"{app}-backup" for app in APPS]


def test_only_the_command_has_programs_of_postgresql(stack: dict[str, Any]) -> None:
    targets = {each["image"]: each["build"]["target"] for each in stack["services"].values() if "build" in each}
    assert targets.pop("b40/infra") == "command"
    assert set(targets.values()) == {"service"}


def test_every_part_with_secrets_is_given_its_own_folder_and_sees_no_other(stack: dict[str, Any]) -> None:
    """INVARIANT: least privilege. Breaks if a part is forgotten, or can read what is another's."""
    making = stack["services"]["secrets"]
    owned = {each.split("=")[0] for each in making["environment"]["B40_OWNERS"].split()}
    mounted = {volume.split(":")[0].removeprefix("secrets-") for volume in secrets_of(making)} - {"secrets"}
    assert owned == mounted == set(PARTS)
    for name, service in stack["services"].items():
        if name != "secrets":
            assert len(secrets_of(service)) <= 1, name
            assert all(volume.startswith("secrets-") and volume.endswith(":ro") for volume in secrets_of(service)), name


def test_every_service_is_contained(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] or name == "kafka", name
        assert service["mem_limit"], name
        assert service["cpus"], name
        assert service["restart"] == ("no" if name in (*ONCE, "b40") else "unless-stopped"), name
        assert name == "secrets" or service.get("user", "").split(":")[0] != "0", name


def test_what_is_not_ours_has_a_version(stack: dict[str, Any]) -> None:
    images = {service["image"] for service in stack["services"].values() if not service["image"].startswith(OURS)}
    assert images == {"apache/kafka:4.3.1", "postgres:18", "axllent/mailpit:v1.27.11"}


def test_only_what_others_need_is_open_and_by_default_to_this_machine_alone(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        for port in service.get("ports", []):
            assert name in (*APPS, "kafka", "mail"), name
            assert port.startswith("${B40_ADDRESS:-127.0.0.1}:"), name
        assert "outside" not in service.get("networks", []) or name in (*APPS, "kafka", "mail"), name
    assert stack["networks"]["platform"] == {"internal": True}
