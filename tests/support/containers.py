"""Kafka and PostgreSQL as containers of their official images, with the settings of the embedded ones (testcontainers).

Nothing of theirs outlives the session: each ends with its context, data included.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TypeVar

from b40_infra.errors import Trouble
from b40_infra.local import kafka, ports, postgres
from b40_infra.topics import admin_client
from confluent_kafka import KafkaException
from docker.errors import DockerException
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

KAFKA = "apache/kafka:4.3.1"
POSTGRES = "postgres:18"
ANYWHERE = "0.0.0.0"
START_SECONDS_MAX = 300
SHARED_MEMORY = "256m"
"""Docker's own bound, 64 MB, is too little for parallel queries."""

C = TypeVar("C", bound=DockerContainer)

testcontainers_config.ryuk_disabled = True  # a further image, whose work the contexts below do


@contextmanager
def kafka_container() -> Iterator[str]:
    """A broker; its bootstrap address. It listens on one port inside and outside: it tells it to itself too."""
    port, controller = ports.free(), 9093
    settings = {
        **kafka.SETTINGS,
        "listeners": f"PLAINTEXT://{ANYWHERE}:{port},CONTROLLER://localhost:{controller}",
        "advertised.listeners": f"PLAINTEXT://{ports.HOST}:{port}",
        "controller.quorum.voters": f"1@localhost:{controller}",
    }
    address = f"{ports.HOST}:{port}"
    with _running(lambda: DockerContainer(KAFKA, env=_environment(settings)).with_bind_ports(port, port)) as container:
        _wait(container, address)
        yield address


@contextmanager
def postgres_container(settings: Mapping[str, str]) -> Iterator[str]:
    """A server; its administrator's DSN."""
    inside = {"listen_addresses": "*", "unix_socket_directories": "/var/run/postgresql"}
    options = [part for name, value in {**settings, **inside}.items() for part in ("-c", f"{name}={value}")]

    def make() -> PostgresContainer:
        made = PostgresContainer(POSTGRES, username=postgres.ADMIN, password=secrets.token_hex(24), driver=None)
        made.with_env("POSTGRES_DB", "postgres").with_env("POSTGRES_INITDB_ARGS", " ".join(postgres.LOCALE))
        return made.with_command(["postgres", *options]).with_kwargs(shm_size=SHARED_MEMORY)

    with _running(make) as container:
        yield f"postgresql://{container.username}:{container.password}@{_outside(container)}/postgres"


def _outside(container: PostgresContainer) -> str:
    return f"{ports.HOST}:{container.get_exposed_port(container.port)}"


@contextmanager
def _running(make: Callable[[], C]) -> Iterator[C]:
    try:
        container = make()
        container.start()
    except DockerException as error:
        raise Trouble(f"B40_TEST_ON=containers needs Docker, and its images: {error}") from error
    try:
        yield container
    finally:
        container.stop(delete_volume=True)


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Kafka's settings as its image reads them; none of their names has a dash or an underscore."""
    return {f"KAFKA_{name.replace('.', '_').upper()}": value for name, value in settings.items()}


def _wait(container: DockerContainer, address: str) -> None:
    end = monotonic() + START_SECONDS_MAX
    while not _answers(address):
        if monotonic() > end:
            raise Trouble(f"{container.image} does not answer: {container.get_logs()[0][-500:]!r}")
        sleep(0.1)


def _answers(address: str) -> bool:
    try:
        return bool(admin_client(address).list_topics(timeout=2).brokers)
    except KafkaException:
        return False
