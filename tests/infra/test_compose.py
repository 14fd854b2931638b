"""The compose files, as they are written: what no running stack would show before it is too late."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from b40_contracts.platform import APPS
from b40_infra.databases import OWNER_SUFFIX
from b40_infra.observation import generate
from b40_infra.stack_secrets import KAFKA, MAIL, OBSERVERS, PARTS, POSTGRES

from tests.support.composed import composed

INFRA = Path(__file__).parents[2] / "infra"
ALONE, CLUSTER, OUTSIDE = "compose.yaml", "compose.cluster.yaml", "compose.outside.yaml"
OURS = "b40/"
BACKUPS = "${B40_BACKUPS_AT:-backups-}"
LOOKED_AT = ("jaeger", "prometheus", "grafana")
ONCE = ("secrets", "setup", *(f"{app}-migrate" for app in APPS), *(f"{app}-backup" for app in APPS))
BROKERS = ("kafka", "kafka-2", "kafka-3")
SERVERS = ("postgres", "postgres-2")


@pytest.fixture(scope="module", params=[(ALONE,), (ALONE, CLUSTER)], ids=["alone", "cluster"])
def stack(request: pytest.FixtureRequest) -> dict[str, Any]:
    return composed(INFRA, *request.param)


@pytest.fixture(scope="module")
def cluster() -> dict[str, Any]:
    services: dict[str, Any] = composed(INFRA, ALONE, CLUSTER)["services"]
    return services


def secrets_of(service: dict[str, Any]) -> list[str]:
    return [volume for volume in service.get("volumes", []) if volume.startswith("secrets")]


def kind(name: str) -> str:
    """What a service is a copy of: kafka for kafka-2."""
    return re.sub(r"-\d$", "", name)


def test_every_app_runs_and_is_migrated_by_the_owner_of_its_database(stack: dict[str, Any]) -> None:
    services = stack["services"]
    for app in APPS:
        assert services[app]["environment"]["B40_KAFKA_USER"] == app
        assert services[app]["environment"]["B40_MIGRATES"] == "false"
        assert secrets_of(services[app]) == [f"secrets-{app}:/secrets:ro"]
        assert secrets_of(services[f"{app}-migrate"]) == [f"secrets-{app}{OWNER_SUFFIX}:/secrets:ro"]
        assert services[app]["depends_on"] == {f"{app}-migrate": {"condition": "service_completed_successfully"}}
        assert services[app]["stop_grace_period"] == "35s", "an app ends within 32 s"


def test_backups_of_an_app_are_made_by_its_owner_and_seen_by_nobody_else(stack: dict[str, Any]) -> None:
    """INVARIANT: the hands share nothing. Breaks if one container can read two databases, or another's backups."""
    for app in APPS:
        service = stack["services"][f"{app}-backup"]
        assert service["volumes"] == [
            f"secrets-{app}{OWNER_SUFFIX}:/secrets:ro",
            f"{BACKUPS}{app}:/backups",
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
    built = [each for each in stack["services"].values() if isinstance(each.get("build"), dict)]
    targets = {each["image"]: each["build"]["target"] for each in built}
    assert targets.pop("b40/infra") == "command"
    assert set(targets.values()) == {"service"}


def test_every_part_with_secrets_is_given_its_own_folder_and_sees_no_other(stack: dict[str, Any]) -> None:
    """INVARIANT: least privilege. Breaks if a part is forgotten, or can read what is another's."""
    making = stack["services"]["secrets"]
    members = {each.split("=")[0] for each in making["environment"].get("B40_MEMBERS", "").split()}
    owned = {each.split("=")[0] for each in making["environment"]["B40_OWNERS"].split()} | members
    mounted = {volume.split(":")[0].removeprefix("secrets-") for volume in secrets_of(making)} - {"secrets"}
    assert owned == mounted == set(PARTS) | members
    assert members == {name for name in stack["services"] if name != kind(name) and kind(name) in (KAFKA, POSTGRES)}
    for name, service in stack["services"].items():
        if name != "secrets":
            assert len(secrets_of(service)) <= 1, name
            assert all(volume.startswith("secrets-") and volume.endswith(":ro") for volume in secrets_of(service)), name
        if name in members:
            assert secrets_of(service) == [f"secrets-{name}:/secrets:ro"]


def test_every_service_is_contained(stack: dict[str, Any]) -> None:
    for name, service in stack["services"].items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] or kind(name) == KAFKA, name
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
            assert kind(name) in (*APPS, KAFKA, MAIL, *LOOKED_AT), name
            assert port.startswith("127.0.0.1:" if name in LOOKED_AT else "${B40_ADDRESS:-127.0.0.1}:"), name
        assert "outside" not in service.get("networks", []) or kind(name) in (*APPS, KAFKA, MAIL), name
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
    settings = prometheus["command"][0].removeprefix("--config.file=/etc/b40/")
    assert settings in generate.documents()
    assert f"./observation/dashboards:{generate.GRAFANA_FOLDER}:ro" in grafana["volumes"]
    assert "./observation/provisioning:/etc/grafana/provisioning:ro" in grafana["volumes"]


def test_no_two_parts_want_the_same_port_of_this_machine(stack: dict[str, Any]) -> None:
    ports = Counter(
        port.rsplit(":", 1)[0] for service in stack["services"].values() for port in service.get("ports", [])
    )
    assert [port for port, times in ports.items() if times > 1] == []


def test_of_a_clusters_parts_every_volume_is_declared(cluster: dict[str, Any]) -> None:
    declared = composed(INFRA, ALONE, CLUSTER)["volumes"]
    mounted = [volume for service in cluster.values() for volume in service.get("volumes", [])]
    named = {volume.replace(BACKUPS, "backups-").split(":")[0] for volume in mounted}
    assert {name for name in named if not name.startswith((".", "/"))} == set(declared)


@pytest.mark.parametrize("broker", BROKERS)
def test_a_broker_of_a_cluster_keeps_nothing_alone(cluster: dict[str, Any], broker: str) -> None:
    """INVARIANT: what is acknowledged outlives any one broker. Breaks if one says that it has what it alone has."""
    settings = cluster[broker]["environment"]
    copies = [name for name in settings if name.endswith("REPLICATION_FACTOR")]
    in_sync = [name for name in settings if name.endswith(("MIN_INSYNC_REPLICAS", "MIN_ISR"))]
    assert {settings[name] for name in copies} == {3}
    assert {settings[name] for name in in_sync} == {2}
    assert len(copies) == 4, "topics, positions of groups, transactions, share groups"
    assert len(in_sync) == 3, "the same; positions of groups are topics like others"
    assert settings["KAFKA_UNCLEAN_LEADER_ELECTION_ENABLE"] == "false"


def test_brokers_know_each_other_by_their_certificates(cluster: dict[str, Any]) -> None:
    for number, broker in enumerate(BROKERS, 1):
        settings = cluster[broker]["environment"]
        voters = ",".join(f"{place}@{name}:9090" for place, name in enumerate(BROKERS, 1))
        assert settings["KAFKA_NODE_ID"] == number
        assert settings["KAFKA_CONTROLLER_QUORUM_VOTERS"] == voters
        assert settings["KAFKA_SSL_KEYSTORE_LOCATION"] == f"/secrets/{broker}.pem"
        assert settings["KAFKA_SUPER_USERS"] == ";".join(f"User:CN={name}" for name in (*BROKERS, "administrator"))
        assert settings["KAFKA_LISTENER_NAME_BROKER_SSL_CLIENT_AUTH"] == "required"
        assert settings["KAFKA_LISTENER_NAME_CONTROLLER_SSL_CLIENT_AUTH"] == "required"
        advertised = settings["KAFKA_ADVERTISED_LISTENERS"]
        assert f"CLIENT://{broker}:9092" in advertised
        assert f"BROKER://{broker}:9091" in advertised
        outside = advertised.partition("OUTSIDE://${B40_OUTSIDE:-localhost}:")[2].partition(",")[0]
        assert cluster[broker]["ports"] == [f"${{B40_ADDRESS:-127.0.0.1}}:{outside}:9094"]


def test_who_comes_to_a_cluster_knows_all_of_it(cluster: dict[str, Any]) -> None:
    """Breaks if somebody cannot come in because the one broker, or the one server, that it knows is away."""
    for name in (*APPS, *(f"{app}-2" for app in APPS), "clock", "b40"):
        assert cluster[name]["environment"]["B40_KAFKA"] == ",".join(f"{broker}:9092" for broker in BROKERS), name
    setup = cluster["setup"]["environment"]
    assert setup["B40_BROKERS"] == ",".join(f"{broker}:9091" for broker in BROKERS)
    assert setup["B40_POSTGRES"] == ",".join(SERVERS)
    assert setup["B40_REPLICATION"] == cluster["b40"]["environment"]["B40_REPLICATION"] == 3
    assert {*BROKERS, "postgres"} == set(cluster["setup"]["depends_on"])


@pytest.mark.parametrize("app", APPS)
def test_each_app_has_two_copies_that_differ_in_their_port_alone(cluster: dict[str, Any], app: str) -> None:
    """Breaks if a copy is another principal, or has other secrets or limits."""
    first, second = cluster[app], cluster[f"{app}-2"]
    same = set(first) - {"build", "ports"}
    assert {key: second[key] for key in same} == {key: first[key] for key in same}


def test_prometheus_asks_every_copy(cluster: dict[str, Any]) -> None:
    """Breaks if a second copy could be down, or fail, unseen."""
    alone, here = ("\n".join(parts["prometheus"]["command"]) for parts in (composed(INFRA, ALONE)["services"], cluster))
    assert here == alone.replace("prometheus.yaml", "prometheus-cluster.yaml")
    settings = yaml.safe_load((INFRA / "observation/prometheus-cluster.yaml").read_text())
    asked = [host for job in settings["scrape_configs"] for each in job["static_configs"] for host in each["targets"]]
    assert asked == [f"{copy}:9400" for app in APPS for copy in (app, f"{app}-2")]


def test_what_an_app_commits_is_on_both_servers(cluster: dict[str, Any]) -> None:
    """INVARIANT: 202 means that nothing can lose it. Breaks if a commit returns before the other server has it."""
    waits = '${B40_POSTGRES_WAITS_FOR-postgres,"postgres-2"}'
    for name in SERVERS:
        assert cluster[name]["environment"]["B40_POSTGRES_WAITS_FOR"] == waits
        assert cluster[name]["environment"]["B40_MEMBER"] == name
        assert cluster[name]["entrypoint"] == ["bash", "/etc/b40/member.sh"]
        assert "synchronous_commit" not in " ".join(cluster[name]["command"])
    for app in APPS:
        assert set(SERVERS) <= set(cluster[f"{app}-migrate"]["depends_on"])
