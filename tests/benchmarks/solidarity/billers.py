"""The billers of a replay: they read the lines of their orders, and answer them, and note how long each waited."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from b40_chassis.reading import Readable, Reader
from b40_chassis.record import record_of
from b40_contracts.solidarity import ORDER_LINES, OrderLine, OrderLinesPlaced
from b40_infra.season_billers import fresh, lines_of

from tests.benchmarks.solidarity.facts import Fact, answer, number_of, private_key
from tests.benchmarks.solidarity.history import Asked
from tests.benchmarks.solidarity.site import Site

REJECTED_EACH = 200
"""One bill of so many is rejected the first time it is to be paid (assumed)."""


@dataclass(slots=True)
class Waited:
    """When each support was asked for, and after how many days it was ordered, each part of it."""

    since: dict[int, datetime] = field(default_factory=dict)
    days: dict[int, float] = field(default_factory=dict)
    rejected: set[int] = field(default_factory=set)

    def ask(self, asked: Sequence[Asked]) -> None:
        """These wait from now on."""
        for one in asked:
            self.since[one.number] = one.at

    def order(self, number: int, hour: datetime) -> bool:
        """One is ordered. Returns whether its biller rejects it, which it does at most once."""
        self.days[number] = (hour - self.since[number]).total_seconds() / 86_400
        rejects = number % REJECTED_EACH == 0 and number not in self.rejected
        if rejects:
            self.rejected.add(number)
        return rejects


class Billers:
    """All billers of a site. ``seconds`` is what decrypting and reading lines took of this process."""

    def __init__(self, site: Site) -> None:
        self.waited = Waited()
        self.lines = 0
        self.seconds = 0.0
        self._site = site
        self._reader = Reader({ORDER_LINES.name: ORDER_LINES}, site.seals)
        self._partitions = [
            TopicPartition(site.prefix + ORDER_LINES.name, number) for number in range(ORDER_LINES.partitions)
        ]

    async def __aenter__(self) -> Self:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._site.machine.kafka, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        self._consumer.pause(*self._partitions)  # while paused, no fetch delays look-ups
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def answers(self, hour: datetime) -> list[Fact]:
        """Answers to all orders that were placed since the last call, of which the batch hour was this."""
        records = await fresh(self._consumer, self._partitions)
        begun = time.process_time()
        orders: dict[tuple[UUID, str], list[OrderLine]] = defaultdict(list)
        for record in records:
            reading = self._reader.read(record_of(record, self._site.prefix))
            assert isinstance(reading, Readable), "an order's lines can be read"
            placed = reading.heard.event
            assert isinstance(placed, OrderLinesPlaced), "the only type on this topic"
            orders[placed.order, placed.biller] += lines_of(placed, private_key(placed.biller))
        facts = [self._answer(*order, lines, hour) for order, lines in sorted(orders.items())]
        self.seconds += time.process_time() - begun
        return facts

    def _answer(self, order: UUID, biller: str, lines: Sequence[OrderLine], hour: datetime) -> Fact:
        self.lines += len(lines)
        rejected = [line.line for line in lines if self.waited.order(number_of(line.reference), hour)]
        return answer(order, biller, tuple(rejected), hour)
