"""The signature under a public record: Ed25519 (RFC 8032) by a key that derives from the matcher's own secret.

So it comes out the same whenever the same record is said again. The public key stands in every record, and a reader
keeps the one that it saw first.
"""

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PURPOSE = "signature of public records"
HEADING = "b40-record-1"


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs digests of records with the key that this seed of 32 bytes gives."""

    seed: bytes

    @property
    def public(self) -> str:
        """The public key, in hexadecimal."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw().hex()

    def sign(self, digest: str) -> str:
        """The signature of a record's digest, in hexadecimal."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(signed_content(digest)).hex()


def signed_content(digest: str) -> bytes:
    """What is signed: a heading and the digest as it is written."""
    return f"{HEADING}\n{digest}".encode()


def is_signed(public: str, digest: str, signature: str) -> bool:
    """Whether the signature is that of this key under this digest."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), signed_content(digest))
    except (InvalidSignature, ValueError):
        return False
    return True
