"""Settings that every app has: from the environment with the prefix ``B40_``, or from files of these names.

The folder of the files is named by ``B40_SECRETS``: ``b40_secret`` in it is what ``B40_SECRET`` would be, so that no
secret need stand in an environment, which others on the machine may be shown.
"""

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from b40_chassis.reaching import Kafka, Login

KEY = re.compile("[0-9a-f]{64}")
"""The public half of an Ed25519 key, in hexadecimal digits."""


class Role(StrEnum):
    """What a copy of an app does; by default all of it. The operations port is part of every role."""

    API = "api"
    CONSUMER = "consumer"
    RELAY = "relay"
    WORKERS = "workers"


class Strangers(StrEnum):
    """What an intake does with a source that nobody registered."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class SettingsWithFiles(BaseSettings):
    """Reads the environment first, where what is empty is not given, then the files in the folder ``B40_SECRETS``."""

    model_config = SettingsConfigDict(env_prefix="B40_", env_ignore_empty=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of the sources."""
        folder = os.environ.get("B40_SECRETS")
        files = (SecretsSettingsSource(settings_cls, secrets_dir=folder),) if folder else ()
        return (init_settings, env_settings, *files)


class LoginSettings(SettingsWithFiles):
    """Who comes to Kafka; none of the three where it asks nobody."""

    kafka_user: str | None = Field(default=None, description="Name at Kafka, as registry.")
    kafka_password_file: Path | None = Field(default=None, description="File with the password of that name.")
    kafka_authority: Path | None = Field(default=None, description="File with the certificate that signed Kafka's own.")

    @model_validator(mode="after")
    def _all_or_none(self) -> Self:
        given = [self.kafka_user, self.kafka_password_file, self.kafka_authority]
        if any(given) and not all(given):
            raise ValueError("B40_KAFKA_USER, B40_KAFKA_PASSWORD_FILE and B40_KAFKA_AUTHORITY go together")
        return self

    def login(self) -> Login | None:
        """The login, if there is one."""
        if self.kafka_user is None or self.kafka_password_file is None or self.kafka_authority is None:
            return None
        return Login(self.kafka_user, self.kafka_password_file, self.kafka_authority)


class DatabaseSettings(SettingsWithFiles):
    """Where an app finds its database."""

    database: SecretStr = Field(description="Address of the app's own database, postgresql://…")


class Settings(LoginSettings, DatabaseSettings):
    """Where an app finds Kafka and its database, its secret, and where it listens."""

    kafka: str = Field(description="Bootstrap address of Kafka, host:port.")
    migrates: bool = Field(
        default=True, description="Migrate the database at the start; if not, wait until its owner did (--migrate)."
    )
    topic_prefix: str = Field(
        default="", description="Put before every topic and group: several environments, one Kafka."
    )
    secret: SecretStr = Field(description="Secret of ids and chance: at least 32 bytes in hexadecimal, never rotated.")
    sealed_keys: Path | None = Field(default=None, description="Folder with one <topic>.key per sealed topic.")
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    tls: Path | None = Field(
        default=None, description="File with the key and the certificate of both ports; plain HTTP without."
    )
    public_port: int = Field(default=8400, description="Port of the read API and the intake.")
    operations_port: int = Field(default=9400, description="Port of health, metrics and repairs.")
    batch_records_max: int = Field(default=2_000, ge=1, description="Records in one transaction at most.")
    pool_size: int = Field(default=10, ge=5, description="Connections to the database at most.")
    strangers: Strangers = Field(
        default=Strangers.ALLOWED, description="Whether sources that nobody registered may report: allowed or refused."
    )
    intake_rate: float = Field(
        default=500, gt=0, description="Events a second of one sender over HTTPS, in each copy, on the long run."
    )
    intake_burst: int = Field(default=5_000, ge=1, description="Events of one sender over HTTPS at once.")
    connections: int = Field(default=1_000, ge=10, description="Connections of a port at most.")
    connections_of_one: int = Field(
        default=250,
        ge=1,
        description="Connections of one address to a port at most; that of a proxy needs them all.",
    )
    watchdog_seconds: float = Field(
        default=60, ge=30, description="Without progress for so long although there is lag, the process ends."
    )
    otlp_endpoint: str | None = Field(default=None, description="Where traces go; none if not given.")
    break_glass: Annotated[Mapping[str, str], NoDecode] = Field(
        default={}, description="Who may ask, two together, to be shown what is sealed: name=public key,… (Ed25519)."
    )
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")
    run: Annotated[frozenset[Role], NoDecode] = Field(
        default=frozenset(Role), min_length=1, description="Roles of this copy: api,consumer,relay,workers."
    )

    @field_validator("run", mode="before")
    @classmethod
    def _roles(cls, value: Any) -> Any:
        return [role.strip() for role in value.split(",")] if isinstance(value, str) else value

    @field_validator("break_glass", mode="before")
    @classmethod
    def _people(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        return dict(each.strip().partition("=")[::2] for each in value.split(","))

    @field_validator("break_glass")
    @classmethod
    def _keys(cls, people: Mapping[str, str]) -> Mapping[str, str]:
        if not all(name and KEY.fullmatch(key) for name, key in people.items()):
            raise ValueError("must be name=key,name=key, each key 64 hexadecimal digits")
        if len(set(people.values())) < len(people):
            raise ValueError("gives the same key to two people")
        return people

    def reach(self) -> Kafka:
        """How this app reaches Kafka."""
        return Kafka(self.kafka, self.login())

    def secret_bytes(self) -> bytes:
        """The secret as bytes; raises ValueError if it is not at least 32 bytes of hexadecimal digits."""
        raw = bytes.fromhex(self.secret.get_secret_value())
        if len(raw) < 32:
            raise ValueError("B40_SECRET must have at least 32 bytes (64 hexadecimal digits)")
        return raw
