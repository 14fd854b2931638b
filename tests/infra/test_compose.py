"""The compose file, as it is written: what no running stack would show before it is too late."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from b40_contracts.platform import APPS
from b40_infra.databases import OWNER_SUFFIX
from b40_infra.observation import generate
from b40_infra.stack_secrets import OBSERVERS, PARTS

INFRA = Path(__file__).parents[2] / "infra"
OURS = "b40/"
LOOKED_AT = ("jaeger", "prometheus", "grafana")
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
    assert images == {
        "apache/kafka:4.3.1",
        "postgres:18",
        "axllent/mailpit:v1.27.11",
        "otel/opentelemetry-collector-contrib:0.155.0",
        "jaegertracing/jaeger:2.13.0",
        "prom/prometheus:v2.42.0",
        "grafana/grafana:12.4.10",
    }


def test_only_what_others_need_is_open_and_by_default_to_this_machine_alone(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        for port in service.get("ports", []):
            assert name in (*APPS, "kafka", "mail", *LOOKED_AT), name
            assert port.startswith("127.0.0.1:" if name in LOOKED_AT else "${B40_ADDRESS:-127.0.0.1}:"), name
        assert "outside" not in service.get("networks", []) or name in (*APPS, "kafka", "mail"), name
    assert stack["networks"]["platform"] == {"internal": True}


def test_who_watches_is_started_when_it_is_asked_for_and_checked(stack: dict[str, Any]) -> None:
    """Grafana apart: the others need nothing of it."""
    for name in OBSERVERS:
        service = stack["services"][name]
        assert service["profiles"] == ["dashboards" if name == "grafana" else "observation"], name
        assert service["user"].partition(":")[0] in stack["services"]["secrets"]["environment"]["B40_OWNERS"], name
        assert service["pids_limit"], name
        assert service["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL"), name


def test_nobody_waits_for_who_watches(stack: dict[str, Any]) -> None:
    """Breaks if the platform does not start, or stops, because it is not watched."""
    for name, service in stack["services"].items():
        assert not set(service.get("depends_on", {})) & set(OBSERVERS), name
        assert name in OBSERVERS or not set(service.get("profiles", [])) & {"observation", "dashboards"}, name


def test_who_watches_reaches_what_it_asks_and_no_more(stack: dict[str, Any]) -> None:
    """INVARIANT: least privilege. Breaks if whoever takes over Grafana or Jaeger reaches Kafka or PostgreSQL."""
    networks = {name: stack["services"][name]["networks"] for name in OBSERVERS}
    assert networks == {
        "collector": ["platform", "traces"],
        "jaeger": ["traces", "observation"],
        "prometheus": ["platform", "observation"],
        "grafana": ["observation"],
    }
    assert stack["networks"]["traces"] == {"internal": True}
    masqueraded = stack["networks"]["observation"]["driver_opts"]["com.docker.network.bridge.enable_ip_masquerade"]
    assert masqueraded == "false"


def settings_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((INFRA / "observation/settings" / name).read_text("utf-8"))
    return found


def test_traces_go_over_tls_from_the_apps_to_the_collector_and_from_there_to_jaeger(stack: dict[str, Any]) -> None:
    """Breaks if a span can be read on its way, or anybody may tell Jaeger of spans."""
    collector, jaeger = settings_of("collector.yaml"), settings_of("jaeger.yaml")
    assert collector["receivers"]["otlp"]["protocols"]["http"]["tls"]["cert_file"] == "/secrets/collector.pem"
    assert collector["exporters"]["otlp"]["endpoint"] == "jaeger:4317"
    assert collector["exporters"]["otlp"]["tls"]["ca_file"] == "/secrets/authority.pem"
    assert jaeger["receivers"]["otlp"]["protocols"]["grpc"]["tls"]["client_ca_file"] == "/secrets/authority.pem"
    assert jaeger["extensions"]["jaeger_query"]["http"]["tls"]["cert_file"] == "/secrets/jaeger.pem"
    for app in APPS:
        trusted = stack["services"][app]["environment"]["REQUESTS_CA_BUNDLE"]
        assert trusted == "${B40_OTLP_AUTHORITY:-/secrets/authority.pem}"


def test_the_collector_takes_traces_alone(stack: dict[str, Any]) -> None:
    collector = settings_of("collector.yaml")
    assert collector["service"]["pipelines"].keys() == {"traces"}
    assert collector["service"]["pipelines"]["traces"]["exporters"] == ["otlp"]


def test_prometheus_and_grafana_read_what_is_generated(stack: dict[str, Any]) -> None:
    """Breaks if a file lies elsewhere than its reader looks."""
    prometheus, grafana = stack["services"]["prometheus"], stack["services"]["grafana"]
    assert "./observation:/etc/b40:ro" in prometheus["volumes"]
    assert "--config.file=/etc/b40/prometheus.yaml" in prometheus["command"]
    assert f"./observation/dashboards:{generate.GRAFANA_FOLDER}:ro" in grafana["volumes"]
    assert "./observation/provisioning:/etc/grafana/provisioning:ro" in grafana["volumes"]
