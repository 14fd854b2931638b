"""The billers of a season: they read the lines of the orders placed for them, and answer them.

The record is sealed for all billers, with the key that they are lent; the lines in it are encrypted to one of them.
"""

import asyncio
import base64
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from b40_chassis.reaching import Kafka
from b40_chassis.sealing import KEY_HEADER, Seal, read_seals
from b40_contracts.cloudevents import from_structured, read
from b40_contracts.solidarity import ORDER_LINES, OrderLine, OrderLines, OrderLinesPlaced
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from b40_infra.season_input import Answers, Line

READING_SECONDS_MAX = 20.0
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


def private_key(biller: str) -> X25519PrivateKey:
    """The key of an invented biller, known to everybody: its public key stands in the season's input."""
    return X25519PrivateKey.from_private_bytes(hashlib.sha256(f"season {biller}".encode()).digest())


class Billers:
    """Reads orders as they come. What they hold is for the billers alone: it is not kept and not shown."""

    def __init__(self, kafka: Kafka, keys: Path, answers: Answers) -> None:
        self._kafka = kafka
        self._answers = answers
        self._keys = keys
        self._partitions = [TopicPartition(ORDER_LINES.name, number) for number in range(ORDER_LINES.partitions)]
        self._seal: Seal
        self._consumer: AIOKafkaConsumer

    async def __aenter__(self) -> Self:
        self._seal = read_seals(self._keys, [ORDER_LINES])[ORDER_LINES.name]
        self._consumer = AIOKafkaConsumer(
            **self._kafka.client(), auto_offset_reset="earliest", enable_auto_commit=False, fetch_max_wait_ms=20
        )
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        self._consumer.pause(*self._partitions)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._consumer.stop()

    async def answers(self, now: datetime) -> Sequence[Line]:
        """Answers to the orders placed since the last call, in order of their ids."""
        lines: dict[tuple[UUID, str], list[OrderLine]] = defaultdict(list)
        for record in await fresh(self._consumer, self._partitions):
            placed = self._open(record)
            lines[placed.order, placed.biller] += lines_of(placed, private_key(placed.biller))
        return [self._answers.to(*order, found, now) for order, found in sorted(lines.items())]

    def _open(self, record: "ConsumerRecord[bytes, bytes]") -> OrderLinesPlaced:
        headers: dict[str, Any] = {name: value.decode() for name, value in record.headers}
        clear = self._seal.open(record.value or b"", headers[KEY_HEADER], headers["ce_source"], headers["ce_id"])
        placed = read(from_structured(clear), {OrderLinesPlaced.type: OrderLinesPlaced})
        assert isinstance(placed, OrderLinesPlaced), "the only type on this topic"
        return placed


async def fresh(
    consumer: AIOKafkaConsumer, partitions: Sequence[TopicPartition]
) -> list["ConsumerRecord[bytes, bytes]"]:
    """The records between the position and the end, of partitions that are paused: so no fetch delays look-ups."""
    ends = await consumer.end_offsets(partitions)
    records: list[ConsumerRecord[bytes, bytes]] = []
    async with asyncio.timeout(READING_SECONDS_MAX):
        while behind := [one for one in partitions if await consumer.position(one) < ends[one]]:
            consumer.resume(*behind)
            for found in (await consumer.getmany(*behind, timeout_ms=200)).values():
                records += found
    consumer.pause(*partitions)
    return records


def lines_of(placed: OrderLinesPlaced, key: X25519PrivateKey) -> tuple[OrderLine, ...]:
    """What a biller with this key reads, with a library that knows HPKE."""
    info = OrderLinesPlaced.info(placed.order, placed.number)
    clear = SUITE.decrypt(base64.b64decode(placed.encrypted), key, info)
    return OrderLines.model_validate_json(clear).lines
