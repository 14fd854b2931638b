"""The settings of a Kafka that asks everybody who they are: names and passwords over TLS, nothing without a grant."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b40_infra.certificates import Authority
from b40_infra.kafka_client import by_certificate, by_name
from b40_infra.local import ports

PART = "kafka"


@dataclass(frozen=True, slots=True)
class Secured:
    """Files and a port: brokers know each other by their certificate, on a listener of their own."""

    certificate: Path
    authority: Path
    broker_port: int

    @property
    def administrator(self) -> dict[str, Any]:
        """Settings of a client that may do everything: who holds the brokers' own key. It enters the first names."""
        return by_certificate(f"{ports.HOST}:{self.broker_port}", self.certificate, self.authority)

    def login(self, bootstrap: str, user: str, password: str) -> dict[str, Any]:
        """Settings of a client that comes with a name."""
        return by_name(bootstrap, user, password, self.authority)

    def settings(self, client: str, controller: str) -> dict[str, str]:
        """What the broker's settings have instead of those of one that asks nobody; addresses are ``host:port``."""
        broker = f"BROKER://{ports.HOST}:{self.broker_port}"
        return {
            "listeners": f"CLIENT://{client},{broker},CONTROLLER://{controller}",
            "advertised.listeners": f"CLIENT://{client},{broker}",
            "listener.security.protocol.map": "CLIENT:SASL_SSL,BROKER:SSL,CONTROLLER:SSL",
            "inter.broker.listener.name": "BROKER",
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.client.scram-sha-512.sasl.jaas.config": (
                "org.apache.kafka.common.security.scram.ScramLoginModule required;"
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.certificate),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority),
            "listener.name.broker.ssl.client.auth": "required",
            "listener.name.controller.ssl.client.auth": "required",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:CN={PART}",
        }


def secured(folder: Path) -> Secured:
    """The files in a folder, made if they are missing."""
    authority = Authority(folder)
    certificate = folder / f"{PART}.pem"
    if not certificate.exists():
        authority.issue(folder, PART, [ports.HOST, "localhost"])
    return Secured(certificate, authority.certificate_file, ports.free())
