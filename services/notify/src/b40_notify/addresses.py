"""E-mail addresses: which are accepted, and how much of one is shown."""

import re
from typing import Annotated

from pydantic import AfterValidator, StringConstraints, WithJsonSchema

SHAPE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
"""Unquoted, and of ASCII letters: many mail servers still take no others (RFC 6531)."""

SHOWN = 1
"""Letters of the local part that are shown."""


def _checked(value: str) -> str:
    """An address with exactly one ``@``, no quoting, and a domain in letters, digits, dots and hyphens (RFC 5321)."""
    if SHAPE.fullmatch(value) is None or ".." in value:
        raise ValueError("is not an e-mail address as name@domain, in ASCII (an international domain as xn--…)")
    return value


EmailAddress = Annotated[
    str,
    StringConstraints(max_length=254, strip_whitespace=True),
    AfterValidator(_checked),
    WithJsonSchema({"type": "string", "maxLength": 254, "pattern": f"^(?!.*\\.\\.){SHAPE.pattern}$"}),
]
"""An address that mail can be sent to; the longest that SMTP carries has 254 characters."""


def masked(address: str) -> str:
    """Enough of an address for its owner to know it again: ``e…@example.org``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:SHOWN]}…@{domain}"
