"""Addresses at rest: each encrypted with a key of its recipient, which the vault's key wraps.

Erasing a recipient erases its key, so that what is left of the address anywhere cannot be read. AES-256-GCM,
bound to the recipient's id, so that rows cannot be swapped.
"""

import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BITS = 256


class CannotOpen(Exception):
    """What the vault holds cannot be read with its key."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """An address as it rests: its wrapped key and its ciphertext, kept in two tables."""

    key: bytes
    address: bytes


class Vault:
    """Seals and opens addresses with the vault's key of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._key = AESGCM(key)

    def seal(self, recipient: UUID, address: str) -> Sealed:
        """Encrypt an address with a fresh key."""
        key = AESGCM.generate_key(KEY_BITS)
        return Sealed(
            key=_encrypt(self._key, key, b"key", recipient),
            address=_encrypt(AESGCM(key), address.encode(), b"address", recipient),
        )

    def open(self, recipient: UUID, sealed: Sealed) -> str:
        """The address in clear. Raises CannotOpen if it was not sealed for this recipient with this vault's key."""
        try:
            key = _decrypt(self._key, sealed.key, b"key", recipient)
            return _decrypt(AESGCM(key), sealed.address, b"address", recipient).decode()
        except (InvalidTag, ValueError) as error:
            raise CannotOpen(f"the address of recipient {recipient} cannot be opened with this vault's key") from error


def _encrypt(cipher: AESGCM, clear: bytes, what: bytes, recipient: UUID) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, clear, what + recipient.bytes)


def _decrypt(cipher: AESGCM, sealed: bytes, what: bytes, recipient: UUID) -> bytes:
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], what + recipient.bytes)
