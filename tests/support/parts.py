"""The parts that tests run on: a real Kafka and a real PostgreSQL, made for the session or given by address.

``B40_TEST_ON=containers`` makes them as containers of their official images, ``embedded`` (the default) from packages.
``B40_TEST_KAFKA`` (``host:port``) and ``B40_TEST_POSTGRES`` (an administrator's DSN) name parts that run already.
A part that cannot be had fails every test that needs it; nothing is skipped.
"""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from b40_infra.local import ports
from b40_infra.local import postgres as postgres_part
from b40_infra.local.kafka import Kafka
from b40_infra.local.postgres import Postgres

from tests.support.containers import kafka_container, postgres_container

ON = "B40_TEST_ON"
WAYS = ("embedded", "containers")
GIVEN_KAFKA = "B40_TEST_KAFKA"
GIVEN_POSTGRES = "B40_TEST_POSTGRES"
POSTGRES_SETTINGS = {**postgres_part.SETTINGS, "fsync": "off"}
"""No test pulls the plug, and what a killed server wrote the machine still has. Waiting took a quarter of the time."""


def on_containers() -> bool:
    """Whether the parts are containers. Raises pytest.UsageError for a way that there is not."""
    way = os.environ.get(ON) or WAYS[0]
    if way not in WAYS:
        raise pytest.UsageError(f"{ON}={way}: there are {' and '.join(WAYS)}")
    return way == "containers"


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """Bootstrap address of a Kafka, ``127.0.0.1:port``."""
    with running_kafka() as address:
        yield address


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Administrator's DSN of a PostgreSQL; make databases of your own on it."""
    with running_postgres() as address:
        yield address


@contextmanager
def running_kafka() -> Iterator[str]:
    """A Kafka: the given one, or one that ends with this."""
    given = os.environ.get(GIVEN_KAFKA)
    if given:
        yield given
        return
    if on_containers():
        with kafka_container() as address:
            yield address
        return
    with tempfile.TemporaryDirectory(prefix="b40-test-kafka-") as folder:
        part = Kafka(Path(folder), ports.free(), ports.free())
        try:
            part.prepare()
            part.child.start()
            part.wait()
            yield part.bootstrap
        finally:
            part.child.kill()  # in order it would say goodbye to each of a thousand topics


@contextmanager
def running_postgres() -> Iterator[str]:
    """A PostgreSQL: the given one, or one that ends with this."""
    given = os.environ.get(GIVEN_POSTGRES)
    if given:
        yield given
        return
    if on_containers():
        with postgres_container(POSTGRES_SETTINGS) as address:
            yield address
        return
    with tempfile.TemporaryDirectory(prefix="b40-test-postgres-") as folder:
        part = Postgres(Path(folder), ports.free(), settings=POSTGRES_SETTINGS)
        try:
            part.prepare()
            part.child.start()
            part.wait()
            yield part.dsn()
        finally:
            if part.child.alive and part.child.pid is not None:
                os.kill(part.child.pid, signal.SIGQUIT)  # at once: in order it would write all to the disk first
            part.stop()
