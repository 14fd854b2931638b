"""How the commands reach Kafka: an address, and from the environment who comes (``B40_KAFKA_USER`` and its files)."""

from typing import Any

from b40_chassis.reaching import MECHANISM, PROTOCOL
from b40_chassis.settings import LoginSettings
from pydantic import ValidationError

from b40_infra.errors import Trouble


def client(bootstrap: str) -> dict[str, Any]:
    """Settings of a client of librdkafka that says nothing by itself. Raises Trouble if the login is incomplete."""
    quiet = {"bootstrap.servers": bootstrap, "log_level": "0"}
    try:
        login = LoginSettings().login()
        if login is None:
            return quiet
        return {
            **quiet,
            "security.protocol": PROTOCOL,
            "sasl.mechanism": MECHANISM,
            "sasl.username": login.user,
            "sasl.password": login.password(),
            "ssl.ca.location": str(login.authority),
        }
    except ValidationError as error:
        raise Trouble(str(error.errors()[0]["msg"]).removeprefix("Value error, ")) from None
    except ValueError as error:
        raise Trouble(str(error)) from None
