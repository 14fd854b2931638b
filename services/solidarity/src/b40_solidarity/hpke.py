"""Encryption to a public key: HPKE of RFC 9180 in base mode, for one message, without associated data.

The suite is DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The sender's key pair is not drawn but derived from
a secret seed, other for each message: an app that is restored says the same again. Who decrypts may use any library.
"""

import hashlib
import hmac

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

KEY_BYTES, NONCE_BYTES = 32, 12
KEM = b"KEM" + (0x0020).to_bytes(2, "big")
SUITE = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (0x0020, 0x0001, 0x0002))
BASE = b"\x00"


def encrypt(clear: bytes, public_key: bytes, info: bytes, seed: bytes) -> bytes:
    """The encapsulated key, 32 bytes, and the ciphertext. Raises ValueError for a key with which nothing is secret."""
    sender = X25519PrivateKey.from_private_bytes(seed)
    encapsulated = sender.public_key().public_bytes_raw()
    shared = sender.exchange(X25519PublicKey.from_public_bytes(public_key))
    secret = _expand(
        _extract(KEM, b"", b"eae_prk", shared), KEM, b"shared_secret", encapsulated + public_key, KEY_BYTES
    )
    context = BASE + _extract(SUITE, b"", b"psk_id_hash", b"") + _extract(SUITE, b"", b"info_hash", info)
    scheduled = _extract(SUITE, secret, b"secret", b"")
    key = _expand(scheduled, SUITE, b"key", context, KEY_BYTES)
    nonce = _expand(scheduled, SUITE, b"base_nonce", context, NONCE_BYTES)
    return encapsulated + AESGCM(key).encrypt(nonce, clear, b"")


def is_weak(public_key: bytes) -> bool:
    """Whether a public key is one of the few with which every secret is zero."""
    try:
        X25519PrivateKey.from_private_bytes(bytes(range(KEY_BYTES))).exchange(
            X25519PublicKey.from_public_bytes(public_key)
        )
    except ValueError:
        return True
    return False


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    """LabeledExtract of RFC 9180, section 4."""
    return hmac.digest(salt, b"HPKE-v1" + suite + label + material, hashlib.sha256)


def _expand(secret: bytes, suite: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """LabeledExpand of RFC 9180, section 4."""
    return HKDFExpand(SHA256(), length, length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info).derive(secret)
