"""How Kafka is reached: an address, and where it asks who comes, a name of one's own over TLS (SASL/SCRAM-SHA-512)."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faststream.security import SASLScram512

PROTOCOL, MECHANISM = "SASL_SSL", "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class Login:
    """Who comes: a name, the file with its password, and the file with the certificate that Kafka's is signed by.

    The file is read anew for each client, so that a password that was changed is used from then on.
    """

    user: str
    password_file: Path
    authority: Path

    def password(self) -> str:
        """The password. Raises ValueError, which names the file, if there is none in it."""
        try:
            found = self.password_file.read_text("utf-8").strip()
        except OSError as error:
            raise ValueError(f"the password of {self.user} is not in {self.password_file}: {error.strerror}") from None
        if not found:
            raise ValueError(f"the password of {self.user} is not in {self.password_file}: it is empty")
        return found

    def context(self) -> ssl.SSLContext:
        """TLS that trusts this one authority. Raises ValueError, which names the file, if it holds no certificate."""
        try:
            return ssl.create_default_context(cafile=str(self.authority))
        except (OSError, ssl.SSLError) as error:
            raise ValueError(f"{self.authority} holds no certificate: {error}") from None


@dataclass(frozen=True, slots=True)
class Kafka:
    """Where Kafka is, ``host:port``, and who comes; nobody in particular where it does not ask."""

    bootstrap: str
    login: Login | None = None

    def client(self) -> dict[str, Any]:
        """Settings of an aiokafka client."""
        if self.login is None:
            return {"bootstrap_servers": self.bootstrap}
        return {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": PROTOCOL,
            "sasl_mechanism": MECHANISM,
            "sasl_plain_username": self.login.user,
            "sasl_plain_password": self.login.password(),
            "ssl_context": self.login.context(),
        }

    def security(self) -> SASLScram512 | None:
        """The same for FastStream's broker."""
        if self.login is None:
            return None
        return SASLScram512(
            username=self.login.user,
            password=self.login.password(),
            use_ssl=True,
            ssl_context=self.login.context(),
        )
