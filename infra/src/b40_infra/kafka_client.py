"""How the commands reach Kafka: an address, and from the environment who comes (``B40_KAFKA_USER`` and its files)."""

from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from b40_chassis.reaching import MECHANISM, PROTOCOL
from b40_chassis.settings import LoginSettings
from confluent_kafka import KafkaException
from pydantic import ValidationError

from b40_infra.errors import Trouble

ANSWER_SECONDS_MAX = 20.0
QUIET = {"log_level": "0"}


def client(bootstrap: str) -> dict[str, Any]:
    """Settings of a client of librdkafka that says nothing by itself. Raises Trouble if the login is incomplete."""
    try:
        login = LoginSettings().login()
        if login is None:
            return {"bootstrap.servers": bootstrap, **QUIET}
        return by_name(bootstrap, login.user, login.password(), login.authority)
    except ValidationError as error:
        raise Trouble(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None
    except ValueError as error:
        raise Trouble(str(error)) from None


def by_name(bootstrap: str, user: str, password: str, authority: Path) -> dict[str, Any]:
    """Settings of a client that comes with a name and trusts this authority."""
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": PROTOCOL,
        "sasl.mechanism": MECHANISM,
        "sasl.username": user,
        "sasl.password": password,
        "ssl.ca.location": str(authority),
        **QUIET,
    }


def by_certificate(bootstrap: str, certificate: Path, authority: Path) -> dict[str, Any]:
    """Settings of a client on the brokers' own listener. The file holds its key and its certificate."""
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SSL",
        "ssl.ca.location": str(authority),
        "ssl.certificate.location": str(certificate),
        "ssl.key.location": str(certificate),
        **QUIET,
    }


def said(error: KafkaException) -> str:
    """What Kafka said, in words."""
    cause = error.args[0]
    return str(cause.str() if hasattr(cause, "str") else cause)


def settled(kind: str, futures: Mapping[str, "Future[Any]"], already: str | None = None) -> dict[str, Any]:
    """What Kafka answers about each of a kind, by name; nothing for an error that says it was so ``already``.

    Raises Trouble naming the first that it refuses or does not answer about.
    """
    results = {}
    for name, future in futures.items():
        try:
            results[name] = future.result(ANSWER_SECONDS_MAX)
        except KafkaException as error:
            if error.args[0].name() != already:
                raise Trouble(f"Kafka refuses {kind} {name}: {said(error)}") from None
        except TimeoutError:
            raise Trouble(f"Kafka does not answer about {kind} {name} within {ANSWER_SECONDS_MAX:.0f} s") from None
    return results
