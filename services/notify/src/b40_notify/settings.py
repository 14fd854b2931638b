"""Settings of notify alone, from where those of every app are."""

from enum import StrEnum
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlsplit

from b40_chassis.settings import SettingsWithFiles
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

VAULT_KEY_BYTES = 32
HOSTS_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")

Hour = Annotated[int, Field(ge=0, le=23)]


class Encryption(StrEnum):
    """How the connection to the mail server is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


class Settings(SettingsWithFiles):
    """The mail server, the addresses that stand in every mail, and the key of the vault."""

    smtp_host: str = Field(default="127.0.0.1", description="Host of the mail server.")
    smtp_port: int = Field(default=1025, ge=1, le=65_535, description="Port of the mail server.")
    smtp_encryption: Encryption = Field(default=Encryption.NONE, description="none, starttls or tls.")
    smtp_username: str | None = Field(default=None, description="User at the mail server, if it wants one.")
    smtp_password: SecretStr | None = Field(default=None, description="That user's password.")
    smtp_timeout_seconds: float = Field(default=20, gt=0, le=60, description="How long one mail may take.")
    sender_address: str = Field(default="notices@b40.example", description="Address that mails come from.")
    sender_name: str = Field(default="B40 Balkan Cities Network", description="Name that mails come from.")
    sealed_sender_name: str = Field(default="B40", description="Name that mails come from which tell what came sealed.")
    unsubscribe_address: str = Field(default="unsubscribe@b40.example", description="Where mails ask to be left alone.")
    public_url: str = Field(default="http://127.0.0.1:8406", description="Where recipients reach notify: https.")
    vault_key: SecretStr = Field(
        description="Key of the vault: 32 bytes in hexadecimal. Losing it loses all addresses."
    )
    digest_hour: Hour = Field(default=18, description="Hour of the day of digests, in the city's zone.")
    sealed_hours: Annotated[frozenset[Hour], NoDecode] = Field(
        default=frozenset({10, 17}),
        min_length=1,
        description="Hours of the day at which what came sealed is sent, in the city's zone: 10,17.",
    )

    @field_validator("sealed_hours", mode="before")
    @classmethod
    def _hours(cls, value: Any) -> Any:
        return [hour.strip() for hour in value.split(",")] if isinstance(value, str) else value

    @field_validator("vault_key")
    @classmethod
    def _is_a_key(cls, value: SecretStr) -> SecretStr:
        try:
            raw = bytes.fromhex(value.get_secret_value())
        except ValueError as error:
            raise ValueError("B40_VAULT_KEY must be hexadecimal") from error
        if len(raw) != VAULT_KEY_BYTES:
            raise ValueError("B40_VAULT_KEY must have 32 bytes (64 hexadecimal digits)")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_https(cls, value: str) -> str:
        """One-click unsubscribing needs https (RFC 8058); plain http is for this machine alone."""
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in HOSTS_OF_THIS_MACHINE:
            raise ValueError("B40_PUBLIC_URL must begin with https://")
        return value.rstrip("/")

    def vault_key_bytes(self) -> bytes:
        """The key of the vault as bytes."""
        return bytes.fromhex(self.vault_key.get_secret_value())


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
