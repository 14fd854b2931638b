"""Sealed topics: the whole event is encrypted with the topic's key, which only its producer and named consumers hold.

On the wire: headers ``ce_id``, ``ce_source`` and ``sealedkey`` (the key's id) in clear, as value a nonce and the
AES-256-GCM ciphertext of the structured CloudEvent, bound to topic, source and id. The Kafka key is a keyed hash of the
subject, so that order per key holds and nobody else can tell what the key was.
"""

import hashlib
import hmac
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog
from b40_contracts.topic import Topic
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

log = structlog.get_logger()

KEY_HEADER = "sealedkey"
NONCE_BYTES = 12


class CannotOpen(Exception):
    """A sealed value cannot be read: unknown key, or not what was sealed."""


class Seal:
    """The keys of one sealed topic: the first seals, all open.

    ``read_again`` gives the keys as they are now. A key that is not known is looked for there: its producer may have
    been started anew with a new key while this process went on.
    """

    def __init__(
        self, topic: str, keys: dict[str, bytes], read_again: Callable[[], dict[str, bytes]] | None = None
    ) -> None:
        assert keys, "a sealed topic needs a key"
        self._topic = topic
        self._keys = keys
        self._read_again = read_again
        self._current = next(iter(keys))
        self._oldest = list(keys.values())[-1]

    @property
    def key_id(self) -> str:
        """Id of the key that seals now."""
        return self._current

    def hashed(self, subject: str) -> bytes:
        """The Kafka key of a subject: a keyed hash, with the oldest key, so that a rotation does not move keys."""
        return hmac.digest(self._oldest, b"subject\0" + subject.encode(), hashlib.sha256)[:16]

    def close(self, clear: bytes, source: str, id_: str) -> bytes:
        """Encrypt an event."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self._keys[self._current]).encrypt(nonce, clear, self._bound(source, id_))

    def open(self, sealed: bytes, key_id: str, source: str, id_: str) -> bytes:
        """Decrypt an event. Raises CannotOpen."""
        key = self._keys.get(key_id) or self._new_key(key_id)
        if key is None:
            raise CannotOpen("sealed with a key that this app does not hold")
        try:
            return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._bound(source, id_))
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("the value is not what was sealed") from error

    def _new_key(self, key_id: str) -> bytes | None:
        """A key that came since this process started. It opens, and does not seal before the next start."""
        if self._read_again is None:
            return None
        try:
            self._keys = {**self._read_again(), **self._keys}
        except ValueError as error:
            log.warning("the keys of a sealed topic could not be read again", topic=self._topic, error=str(error))
        return self._keys.get(key_id)

    def _bound(self, source: str, id_: str) -> bytes:
        return "\0".join((self._topic, source, id_)).encode()


def read_seals(folder: Path | None, topics: list[Topic]) -> dict[str, Seal]:
    """Read ``<topic>.key`` of each sealed topic: lines of key id and 64 hexadecimal digits, the current one first.

    Raises ValueError naming the file if a key is missing or malformed.
    """
    seals = {}
    for topic in topics:
        if topic.sealed:
            if folder is None:
                raise ValueError(f"B40_SEALED_KEYS is not set, and {topic.name} is sealed")
            read = partial(_read_keys, folder / f"{topic.name}.key")
            seals[topic.name] = Seal(topic.name, read(), read)
    return seals


def _read_keys(path: Path) -> dict[str, bytes]:
    try:
        lines = [line.split() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
        keys = {key_id: bytes.fromhex(digits) for key_id, digits in lines}
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: cannot be read as lines of key id and hexadecimal key") from error
    if not keys or any(len(key) != 32 for key in keys.values()):
        raise ValueError(f"{path}: every key must have 32 bytes")
    return keys
