"""The sender: an integrator who sends items at a bounded rate and does not give up while the broker is away."""

import asyncio
import time
from collections.abc import Iterable, Sequence

from b40_infra.errors import Trouble
from confluent_kafka import KafkaError, Message, Producer

from tests.chaos.inputs import Item
from tests.support.ledger.facts import INTAKE

FLUSH_SECONDS_MAX = 90.0


class Sender:
    """Sends with an idempotent producer of another library than the service's, so that they share no mistake."""

    def __init__(self, kafka: str, prefix: str) -> None:
        self._prefix = prefix
        self.handed_over = 0
        self.acknowledged: set[int] = set()
        """Numbers of the intake's items that the broker has acknowledged."""
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "enable.idempotence": True,
                "message.timeout.ms": 0,  # for ever
                "partitioner": "murmur2_random",  # as the service's own
                "linger.ms": 5,
                "reconnect.backoff.max.ms": 500,
                "log_level": 0,
            }
        )

    async def send(self, items: Sequence[Item], per_second: float) -> None:
        """Send all, and return when they have been acknowledged."""
        begun = time.monotonic()
        for number, item in enumerate(items):
            early = begun + number / per_second - time.monotonic()
            if early > 0:
                await asyncio.sleep(early)
            self._hand_over(number, item)
        await self.flush()

    async def send_now(self, numbered: Iterable[tuple[int, Item]]) -> None:
        """Send these at once."""
        for number, item in numbered:
            self._hand_over(number, item)
        await self.flush()

    async def flush(self) -> None:
        """Return when all is acknowledged. Raises Trouble."""
        begun = time.monotonic()
        while left := len(self._producer):
            self._producer.poll(0)
            if time.monotonic() - begun > FLUSH_SECONDS_MAX:
                raise Trouble(f"Kafka has not acknowledged {left} records after {FLUSH_SECONDS_MAX:.0f} s")
            await asyncio.sleep(0.02)

    def _hand_over(self, number: int, item: Item) -> None:
        def delivered(error: KafkaError | None, _: Message) -> None:
            assert error is None, f"the broker refused item {number}: {error}"
            if item.topic == INTAKE.name:
                self.acknowledged.add(number)

        self._producer.produce(
            self._prefix + item.topic, item.value, item.key, headers=list(item.headers), on_delivery=delivered
        )
        self.handed_over += 1
        self._producer.poll(0)
