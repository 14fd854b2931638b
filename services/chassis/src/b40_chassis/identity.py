"""Derived ids: what is said again after a restore has the id it had the first time, so that others drop it."""

import hashlib
import random
from datetime import UTC, datetime

from asyncpg.pgproto.pgproto import UUID

from b40_chassis.hears import Cause

MILLISECONDS_MAX = 2**48 - 1
VERSION_AND_VARIANT = 0xF << 76 | 0x3 << 62
VERSION_8 = 0x8 << 76 | 0x2 << 62
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Identity:
    """Derives ids and chance from an app's secret and a cause. The secret is at least 32 bytes and never rotated."""

    def __init__(self, secret: bytes) -> None:
        assert len(secret) >= 32, "a short secret lets others predict ids and link what is sealed"
        self._keyed = hashlib.blake2b(key=secret[:64], digest_size=32)

    def announcement(self, cause: Cause, type_: str, key: str, ordinal: int, *, sealed: bool) -> UUID:
        """Id of the ``ordinal``-th announcement of ``type_`` (without its version) with ``key`` for ``cause``."""
        return self._uuid(cause, "announcement", type_, key, str(ordinal), coarse=sealed)

    def new(self, cause: Cause, ordinal: int) -> UUID:
        """The ``ordinal``-th free id that a handler asked for because of ``cause``."""
        return self._uuid(cause, "new", str(ordinal), coarse=False)

    def task(self, cause: Cause, name: str, ordinal: int) -> UUID:
        """Id of the ``ordinal``-th task ``name`` assigned because of ``cause``."""
        return self._uuid(cause, "task", name, str(ordinal), coarse=False)

    def due(self, kind: str, subject: str, time: datetime) -> UUID:
        """Id of a due item: of its kind, subject and due time, not of the tick that found it."""
        return uuid8(time, self._digest("due", kind, subject, time.isoformat()))

    def state(self, topic: str, key: str, version: int) -> UUID:
        """Id of a state record, of topic, key and version alone."""
        return uuid8(EPOCH, self._digest("state", topic, key, str(version)))

    def random(self, cause: Cause) -> random.Random:
        """Chance that falls the same way again for the same cause."""
        return random.Random(self._digest("random", cause.source, cause.id))  # noqa: S311  (secretly seeded)

    def key(self, purpose: str) -> bytes:
        """A key of 32 bytes for one purpose, the same as long as the secret is."""
        return self._digest("key", purpose)

    def _uuid(self, cause: Cause, *parts: str, coarse: bool) -> UUID:
        time = cause.time.replace(hour=0, minute=0, second=0, microsecond=0) if coarse else cause.time
        return uuid8(time, self._digest(*parts, cause.source, cause.id))

    def _digest(self, *parts: str) -> bytes:
        framed = "".join([f"{len(part)}:{part}" for part in parts])
        digest = self._keyed.copy()
        digest.update(framed.encode())
        return digest.digest()


def uuid8(time: datetime, digest: bytes) -> UUID:
    """UUIDv8 (RFC 9562): 48 bits of milliseconds, so that indexes grow at their end, and 74 bits of a hash."""
    milliseconds = min(max(int(time.timestamp() * 1000), 0), MILLISECONDS_MAX)
    chance = int.from_bytes(digest[:10]) & ~VERSION_AND_VARIANT | VERSION_8
    return UUID(((milliseconds << 80) | chance).to_bytes(16))
