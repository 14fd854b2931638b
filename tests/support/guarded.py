"""A Kafka that asks everybody who they are, with the catalogue's topics and access: for tests of what is refused."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from b40_chassis import reaching
from b40_contracts import catalogue
from b40_contracts.platform import APPS
from b40_infra import access, access_plan
from b40_infra.local import ports
from b40_infra.local.kafka import Kafka
from b40_infra.local.kafka_secured import Secured, secured
from b40_infra.topics import apply, plan
from confluent_kafka.admin import AdminClient

WATER = "water-utility"
INTEGRATORS = {WATER: ["events-intake", "solidarity-orders"], "portal": ["registry-intake"]}
PRINCIPALS = [*APPS, catalogue.CLOCK, *INTEGRATORS, access.OPERATOR, access.SETUP]


@dataclass(frozen=True, slots=True)
class Guarded:
    """A secured Kafka. ``passwords`` has a file ``<name>.password`` for each principal."""

    bootstrap: str
    secured: Secured
    passwords: Path

    def login(self, principal: str, password: str | None = None) -> dict[str, Any]:
        """Settings of a client of librdkafka that comes with this name."""
        return self.secured.login(self.bootstrap, principal, password or self.password(principal))

    def reach(self, principal: str) -> reaching.Kafka:
        """The same for the apps."""
        login = reaching.Login(principal, self._file(principal), self.secured.authority)
        return reaching.Kafka(self.bootstrap, login)

    def password(self, principal: str) -> str:
        """The password of a name."""
        return self._file(principal).read_text()

    def environment(self, principal: str) -> dict[str, str]:
        """What the environment of a process says that comes with this name."""
        return {
            "B40_KAFKA": self.bootstrap,
            "B40_KAFKA_USER": principal,
            "B40_KAFKA_PASSWORD_FILE": str(self._file(principal)),
            "B40_KAFKA_AUTHORITY": str(self.secured.authority),
        }

    @property
    def administrator(self) -> AdminClient:
        """A client that may do everything."""
        return AdminClient(self.secured.administrator)

    def _file(self, principal: str) -> Path:
        return self.passwords / f"{principal}.password"


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One for the session; who changes access on it changes it back."""
    folder = tmp_path_factory.mktemp("guarded")
    found = secured(folder / "secrets")
    part = Kafka(folder / "kafka", ports.free(), ports.free(), secured=found)
    for principal in PRINCIPALS:
        (folder / f"{principal}.password").write_text(secrets.token_hex(32))
    try:
        part.prepare()
        part.child.start()
        part.wait()
        made = Guarded(part.bootstrap, found, folder)
        apply(made.administrator, plan(made.administrator))
        access_plan.ensure(made.administrator, access.grants(integrators=INTEGRATORS), made.password)
        yield made
    finally:
        part.child.kill()
