"""One record of a log, as it came: from Kafka just now, or kept since it was set aside."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from aiokafka import ConsumerRecord

Place = tuple[str, int, int]
"""Topic (without the environment's prefix), partition, offset."""


class Record(NamedTuple):
    """Bytes and coordinates; nothing is read yet."""

    topic: str
    partition: int
    offset: int
    appended: datetime
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]

    @property
    def place(self) -> Place:
        """Where it stands."""
        return self.topic, self.partition, self.offset

    def header(self, name: str) -> str:
        """A header's text, or an empty one if it is missing or not UTF-8."""
        raw = next((value for key, value in self.headers if key == name), None) or b""
        return raw.decode("utf-8", "replace").replace("\0", "")

    def fingerprint(self, secret: bytes) -> bytes:
        """A keyed hash of key, value and headers: whether this record is the one that stood here before."""
        digest = hashlib.blake2b(key=secret[:64], digest_size=16)
        headers = [part for name, value in self.headers for part in (name.encode(), value)]
        for each in (self.key, self.value, *headers):
            digest.update(b"-" if each is None else b"%d:%b" % (len(each), each))
        return digest.digest()


def record_of(raw: "ConsumerRecord[bytes | None, bytes | None]", prefix: str) -> Record:
    """The record that aiokafka handed out."""
    topic, appended = raw.topic.removeprefix(prefix), _moment(raw.timestamp)
    return Record(topic, raw.partition, raw.offset, appended, raw.key, raw.value, raw.headers)


@lru_cache
def _moment(milliseconds: int) -> datetime:
    """The same for many records in a row: a broker appends them in batches."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
