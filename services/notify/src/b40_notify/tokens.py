"""The token of an unsubscribing link: names a recipient and a subject, and nobody can make one up (RFC 8058).

It says nothing to who reads it, does not expire (an old mail's link must work), and is the same each time.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from b40_contracts.notify import Subject

ID_BYTES = 16
MAC_BYTES = 16
ALL = ""


class NotAToken(ValueError):
    """What stands in the link was not made by this service."""


@dataclass(frozen=True, slots=True)
class Unsubscribing:
    """What a link ends: notices to a recipient about a subject, or about everything if ``about`` is None."""

    recipient: UUID
    about: Subject | None


def write(unsubscribing: Unsubscribing, vault_key: bytes) -> str:
    """The token as it stands in a link."""
    about = unsubscribing.about.value if unsubscribing.about else ALL
    clear = unsubscribing.recipient.bytes + about.encode()
    return base64.urlsafe_b64encode(clear + _mac(clear, vault_key)).rstrip(b"=").decode()


def read(token: str, vault_key: bytes) -> Unsubscribing:
    """What a token says. Raises NotAToken if it was not written with this key."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAToken("the link is not whole") from error
    clear, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if len(clear) < ID_BYTES or not hmac.compare_digest(mac, _mac(clear, vault_key)):
        raise NotAToken("the link was not made here")
    about = clear[ID_BYTES:].decode()
    return Unsubscribing(UUID(bytes=clear[:ID_BYTES]), Subject(about) if about else None)


def _mac(clear: bytes, vault_key: bytes) -> bytes:
    key = hmac.digest(vault_key, b"unsubscribing links", hashlib.sha256)
    return hmac.digest(key, clear, hashlib.sha256)[:MAC_BYTES]
