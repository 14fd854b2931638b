"""The billers of a season: they read the orders placed for them, with the key that they are lent, and answer them."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from b40_chassis.reaching import Kafka
from b40_chassis.sealing import KEY_HEADER, Seal, read_seals
from b40_contracts.cloudevents import from_structured, read
from b40_contracts.solidarity import ORDERS, OrderPlaced

from b40_infra.season_input import Answers, Line

READING_SECONDS_MAX = 20.0


class Billers:
    """Reads orders as they come. The clear orders are for the billers alone: they are not kept and not shown."""

    def __init__(self, kafka: Kafka, keys: Path, answers: Answers) -> None:
        self._kafka = kafka
        self._answers = answers
        self._keys = keys
        self._partitions = [TopicPartition(ORDERS.name, number) for number in range(ORDERS.partitions)]
        self._seal: Seal
        self._consumer: AIOKafkaConsumer

    async def __aenter__(self) -> Self:
        self._seal = read_seals(self._keys, [ORDERS])[ORDERS.name]
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
        orders = [self._open(record) for record in await self._fresh()]
        placed = {order.order: order for order in orders}
        return [self._answers.to(placed[order], now) for order in sorted(placed)]

    async def _fresh(self) -> list["ConsumerRecord[bytes, bytes]"]:
        """The records between the position and the end. While paused, no fetch delays look-ups."""
        ends = await self._consumer.end_offsets(self._partitions)
        records: list[ConsumerRecord[bytes, bytes]] = []
        async with asyncio.timeout(READING_SECONDS_MAX):
            while behind := [one for one in self._partitions if await self._consumer.position(one) < ends[one]]:
                self._consumer.resume(*behind)
                for found in (await self._consumer.getmany(*behind, timeout_ms=200)).values():
                    records += found
        self._consumer.pause(*self._partitions)
        return records

    def _open(self, record: "ConsumerRecord[bytes, bytes]") -> OrderPlaced:
        headers: dict[str, Any] = {name: value.decode() for name, value in record.headers}
        clear = self._seal.open(record.value or b"", headers[KEY_HEADER], headers["ce_source"], headers["ce_id"])
        order = read(from_structured(clear), {OrderPlaced.type: OrderPlaced})
        assert isinstance(order, OrderPlaced), "the only type on this topic"
        return order
