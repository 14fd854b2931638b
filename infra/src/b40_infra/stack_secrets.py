"""The secrets of a stack: made once, in a folder for each part that holds what this part needs and nothing else.

==========================  =========================================================================================
``authority/``              the key that signs; no part is given it
``<part>/authority.pem``    whom all trust
``<part>/<part>.pem``       key and certificate of those that others connect to
``<app>/``                  ``kafka.password``; ``sealed/<topic>.key``; ``b40_database``, ``b40_secret`` (of notify also
                            ``b40_vault_key``): settings as files
``<app>-owner/``            ``b40_database``: for who migrates
``clock/``, ``operator/``   ``kafka.password``
``grafana/``                ``admin.password``, of who looks at the dashboards
``setup/``                  all passwords, to enter them; ``administrator.pem``, which Kafka lets do everything
``kafka-2/``, ``kafka-3/``  of a cluster's further brokers (``members``), each with a certificate of its own name
``postgres-2/``             of PostgreSQL's second server; both servers get a ``replica.pass``, to follow the other one
==========================  =========================================================================================
"""

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from b40_contracts import catalogue
from b40_contracts.platform import APPS
from b40_contracts.topic import MEMORY_DAYS

from b40_infra import private
from b40_infra.access import OPERATOR, SETUP
from b40_infra.certificates import Authority
from b40_infra.databases import OWNER_SUFFIX
from b40_infra.errors import Trouble
from b40_infra.local.keys import Keys

KAFKA, POSTGRES, MAIL, ADMINISTRATOR = "kafka", "postgres", "mail", "administrator"
COLLECTOR, JAEGER, PROMETHEUS, GRAFANA = "collector", "jaeger", "prometheus", "grafana"
OBSERVERS = (COLLECTOR, JAEGER, PROMETHEUS, GRAFANA)
AUTHORITY = "authority.pem"
KAFKA_PASSWORD, DATABASE = "kafka.password", "b40_database"
GRAFANA_ADMINISTRATOR = "admin"
PRINCIPALS = (*APPS, catalogue.CLOCK, OPERATOR, SETUP)
SERVERS = (KAFKA, POSTGRES, MAIL, *OBSERVERS, *APPS)
PARTS = (*SERVERS, *(app + OWNER_SUFFIX for app in APPS), catalogue.CLOCK, OPERATOR, SETUP)
SECOND_COPY = "-2"
REPLICA_SUFFIX = "-replica"
"""A server of PostgreSQL that follows another one comes to it as a role of its own, ``<server>-replica``."""
REPLICA_FILE = "replica.pass"
PASSWORD_BYTES = 32
KEYS_KEPT_DAYS = MEMORY_DAYS + 8
"""For so long a replaced key opens what was sealed with it: the memory, and what Kafka may keep a record beyond it."""


@dataclass(frozen=True, slots=True)
class StackSecrets:
    """The folder, where the parts see their own of it, the names of this machine under which they are reached, the
    names of integrators, whose passwords lie with setup's until they are handed over, and the further brokers and
    servers of a cluster (``kafka-2``, ``postgres-2``).
    """

    folder: Path
    seen_at: Path = Path("/secrets")
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    integrators: tuple[str, ...] = ()
    postgres_tls: bool = True
    members: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """All that have a folder."""
        return (*PARTS, *self.members)

    @property
    def postgres_servers(self) -> tuple[str, ...]:
        """PostgreSQL's servers, of which one is written to and the others follow."""
        return (POSTGRES, *(each for each in self.members if each.startswith(POSTGRES)))

    def make(self) -> None:
        """Make what is missing; what is there stays."""
        for part in self.parts:
            private.make(self.folder / part)
        self._certificates(Authority(self.folder / "authority"))
        for principal in PRINCIPALS:
            _write(self.folder / principal / KAFKA_PASSWORD, self._password("kafka", principal).read_bytes())
        _write(self.folder / POSTGRES / "administrator.password", self._password("postgres", POSTGRES).read_bytes())
        _write(self.folder / GRAFANA / "admin.password", self._password(GRAFANA, GRAFANA_ADMINISTRATOR).read_bytes())
        if len(self.postgres_servers) > 1:
            self._lines_for_replicas()
        for integrator in self.integrators:
            self._password("kafka", integrator)
        keys = Keys(self.folder)
        for app in APPS:
            keys.secret(app, "b40_secret")
            keys.sealed_keys(app, catalogue.TOPICS)
            self._address(app, app)
            self._address(app, app + OWNER_SUFFIX)
        keys.secret("notify", "b40_vault_key")

    def rotate(self, now: datetime) -> None:
        """Make new passwords, certificates and keys of sealed topics in place of those that are there.

        The authority, the apps' secrets and the key of the vault stay: ids, chance and stored addresses hang on them.
        """
        for password in [*self._passwords()]:
            password.unlink()
        for part in (*SERVERS, *self.members, SETUP):
            for certificate in (self.folder / part).glob("*.pem"):
                if certificate.name != AUTHORITY:
                    certificate.unlink()
        self.make()
        keys = Keys(self.folder)
        for topic in catalogue.TOPICS:
            if topic.sealed:
                holders = [app for app in APPS if topic.producer == app or topic.hears(app) is not None]
                keys.rotate_topic(topic.name, holders, now, timedelta(days=KEYS_KEPT_DAYS))

    def _passwords(self) -> Iterator[Path]:
        """The passwords among setup's, but that of PostgreSQL's administrator, which its server was made with."""
        for path in (self.folder / SETUP).glob("*/*.password"):
            if path.stem != POSTGRES:
                yield path

    def give(self, owners: Mapping[str, int]) -> None:
        """Give each part's folder to the user (its number) as whom it runs. Raises Trouble for an unknown part."""
        for part, user in owners.items():
            if part not in self.parts:
                raise Trouble(f"there is no part {part}; those with secrets are: {', '.join(self.parts)}")
            (self.folder / part).chmod(0o700)
            for path in (self.folder / part, *(self.folder / part).rglob("*")):
                os.chown(path, user, user)

    def _certificates(self, authority: Authority) -> None:
        for part in self.parts:
            trusted = self.folder / part / AUTHORITY
            if not trusted.exists():
                private.write(trusted, authority.certificate)
        for part in (*SERVERS, *self.members):
            if not (self.folder / part / f"{part}.pem").exists():
                authority.issue(self.folder / part, part, [part, *self._copies(part), *self.hosts])
        if not (self.folder / SETUP / f"{ADMINISTRATOR}.pem").exists():
            authority.issue(self.folder / SETUP, ADMINISTRATOR, [ADMINISTRATOR])

    def _copies(self, part: str) -> Sequence[str]:
        """Under which other names a part is met: in a cluster an app has a second copy, with the same secrets."""
        return [part + SECOND_COPY] if self.members and part in APPS else []

    def _address(self, app: str, role: str) -> None:
        """Write the address of the app's database for one of its two roles."""
        password = self._password("postgres", role).read_text("ascii")
        authority = self.seen_at / AUTHORITY if self.postgres_tls else None
        address = database_address(app, role, password, authority, self.postgres_servers)
        _write(self.folder / role / DATABASE, address.encode("ascii"))

    def _lines_for_replicas(self) -> None:
        """Write for each of PostgreSQL's servers how it comes to the one that it follows, as libpq reads it."""
        for server in self.postgres_servers:
            role = server + REPLICA_SUFFIX
            line = f"*:*:*:{role}:{self._password('postgres', role).read_text('ascii')}\n"
            _write(self.folder / server / REPLICA_FILE, line.encode("ascii"))

    def _password(self, of: str, name: str) -> Path:
        """The file with a password among those of setup; made if it is missing."""
        path = self.folder / SETUP / of / f"{name}.password"
        if not path.exists():
            private.make(path.parent)
            private.write(path, secrets.token_hex(PASSWORD_BYTES).encode("ascii"))
        return path


def database_address(
    database: str, user: str, password: str, authority: Path | None, servers: Sequence[str] = (POSTGRES,)
) -> str:
    """DSN of a database whose server shows who it is; without an authority, of one that cannot.

    Of several servers the one that may be written to is taken, at each connection anew.
    """
    tls = f"sslmode=verify-full&sslrootcert={authority}" if authority is not None else "sslmode=disable"
    hosts = ",".join(f"{server}:5432" for server in servers)
    which = "&target_session_attrs=primary" if len(servers) > 1 else ""
    return f"postgresql://{user}:{password}@{hosts}/{database}?{tls}{which}"


def _write(path: Path, content: bytes) -> None:
    if not path.exists() or path.read_bytes() != content:
        private.write(path, content)
