"""What must be there before the first app starts: names and access, topics, databases.

Run again, it puts right what differs. It reads the folder of setup's own secrets (:mod:`b40_infra.stack_secrets`).
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from b40_contracts.platform import APPS
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from b40_infra import access, access_plan, databases, topics
from b40_infra.errors import Trouble
from b40_infra.kafka_client import by_certificate, said
from b40_infra.stack_secrets import ADMINISTRATOR, AUTHORITY, POSTGRES, PRINCIPALS, REPLICA_SUFFIX, database_address

PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.5
NOT_YET = (OSError, asyncpg.CannotConnectNowError, asyncpg.TargetServerAttributeNotMatched)

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Setup:
    """Setup's secrets, the brokers' own listener (``host:port``), PostgreSQL's servers, and integrators' intakes."""

    folder: Path
    brokers: str
    postgres: Sequence[str] = (POSTGRES,)
    postgres_tls: bool = True
    integrators: Mapping[str, Sequence[str]] = field(default_factory=dict)
    replication: int | None = None

    def run(self, told: Told) -> None:
        """Wait for Kafka and PostgreSQL, then put all right. Raises Trouble."""
        certificate = self.folder / f"{ADMINISTRATOR}.pem"
        admin = AdminClient(by_certificate(self.brokers, certificate, self.folder / AUTHORITY))
        _wait_for_kafka(admin)
        wanted = access.grants(integrators=self.integrators)
        names = [*PRINCIPALS, *self.integrators]
        access_plan.enter(admin, names, lambda name: self._password("kafka", name))
        changes = access_plan.ensure(admin, wanted, lambda name: self._password("kafka", name))
        told(f"{len(wanted)} grants at Kafka ({len(changes)} put right), passwords of {len(names)} names")
        made = topics.plan(admin, replication=self.replication)
        topics.apply(admin, made, self.replication)
        told(f"topics as the catalogue declares them ({len(made)} put right)")
        asyncio.run(self._databases())
        told(f"{len(APPS)} databases, each with a role that owns it and one that works in it")

    async def _databases(self) -> None:
        password = self._password("postgres", POSTGRES)
        authority = self.folder / AUTHORITY if self.postgres_tls else None
        address = database_address("postgres", "postgres", password, authority, self.postgres)
        owners = {
            app: databases.Owner(
                app + databases.OWNER_SUFFIX,
                self._password("postgres", app + databases.OWNER_SUFFIX),
                self._password("postgres", app),
            )
            for app in APPS
        }
        replicas = [server + REPLICA_SUFFIX for server in self.postgres if len(self.postgres) > 1]
        ends = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                await databases.ensure_replicas(address, {role: self._password("postgres", role) for role in replicas})
                return await databases.ensure(address, owners)
            except NOT_YET as error:
                if time.monotonic() > ends:
                    raise Trouble(f"PostgreSQL at {', '.join(self.postgres)} cannot be reached: {error}") from None
                await asyncio.sleep(PAUSE_SECONDS)

    def _password(self, of: str, name: str) -> str:
        path = self.folder / of / f"{name}.password"
        try:
            return path.read_text("ascii").strip()
        except OSError as error:
            raise Trouble(f"{name} has no password in {path} ({error.strerror}): `b40 secrets make` makes it") from None


def _wait_for_kafka(admin: AdminClient) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            admin.list_topics(timeout=PAUSE_SECONDS * 10)
            return
        except KafkaException as error:
            if time.monotonic() > ends:
                raise Trouble(f"Kafka cannot be reached: {said(error)}") from None
