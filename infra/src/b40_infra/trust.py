"""Whom the commands trust over HTTPS: the authority named by ``B40_AUTHORITY``, or those that every browser does."""

import os
import ssl
from pathlib import Path

from b40_infra.errors import Trouble


def trusted() -> ssl.SSLContext:
    """For an HTTP client. Raises Trouble if the file holds no certificate."""
    authority = os.environ.get("B40_AUTHORITY")
    return trusted_by(Path(authority) if authority else None)


def trusted_by(authority: Path | None) -> ssl.SSLContext:
    """The same for the file of an authority. Raises Trouble."""
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise Trouble(f"{authority} holds no certificate: {error}") from None
