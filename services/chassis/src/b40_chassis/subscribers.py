"""The three subscribers of an app on FastStream's broker, with the only settings that were measured safe.

Each is a group of its own: *first* hears states, what the app itself announces, and notes ticks; *main* the rest,
started when *first* has reached the ends its topics had; *clock* hears ticks alone, one at a time (design 5.2).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer
from b40_contracts.platform import CLOCK
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage

from b40_chassis import positions
from b40_chassis.catching_up import CatchingUp
from b40_chassis.clock import ClockHearing
from b40_chassis.cursor import Cursor, Offsets
from b40_chassis.errors import patiently
from b40_chassis.frame import Frame
from b40_chassis.guard import Guard
from b40_chassis.hearing import Hearing
from b40_chassis.membership import leave_at_stop
from b40_chassis.positions import Partition, Standing
from b40_chassis.rebalance import Rebalance

ASK_SECONDS = 0.05
NOTHING_CAME_MILLISECONDS = 1000
"""After so long the wait for a batch begins anew. It ends as soon as anything comes, or the consumer stops."""
FETCH_WAIT_MILLISECONDS = 100
"""How long a broker may keep a fetch that finds nothing. At 20 ms half of the CPU time of a season goes into asking."""
BATCH_SECONDS_MAX = 19
"""How long a stop waits for the batch in flight: a little longer than a transaction may take."""
STOP_SECONDS_MAX = BATCH_SECONDS_MAX + 4
"""How long a stop may take with what follows the batch: leaving the groups, closing the connections."""


class Subscribers:
    """Starts and stops the subscribers of one app."""

    def __init__(self, frame: Frame, offsets: Offsets, slot: int, die: Callable[[str], None]) -> None:
        self._frame = frame
        self._offsets = offsets
        self._slot = slot
        self._die = die
        self._broker = KafkaBroker(
            frame.settings.kafka.split(","),  # FastStream takes a text for one server
            security=frame.settings.reach().security(),
            apply_types=False,
            consumer_only=True,
            allow_auto_create_topics=False,
            graceful_timeout=BATCH_SECONDS_MAX,
            logger=logging.getLogger("faststream"),
        )
        self._watches: list[asyncio.Task[None]] = []
        self.first = self._cursor("first", frame.first)
        self.main = self._cursor("main", frame.main)
        self.clock = self._cursor("clock", [CLOCK.name])

    async def start(self) -> None:
        """Start *first*, wait until it has caught up, start *main* and *clock*, wait for their partitions."""
        await self._broker.connect()
        guard = Guard(self._frame, self.first, self._offsets)
        first = Hearing(self._frame, self.first, guard, self._die)
        await self._subscribe(self.first, guard, first.hear)
        await self.caught_up()
        await patiently(lambda: self._frame.integrators.look(self._frame.pool))  # another copy may have heard of them
        guard = Guard(self._frame, self.main, self._offsets)
        catching_up = CatchingUp(self._frame, self.main, self._offsets)
        await patiently(catching_up.begin)
        main = Hearing(self._frame, self.main, guard, self._die, catching_up)
        self._watches.append(asyncio.create_task(main.go_on()))
        clock_guard = Guard(self._frame, self.clock, self._offsets)
        clock = ClockHearing(self._frame, self.clock, clock_guard, [self.first, self.main], self._offsets, self._die)
        await asyncio.gather(
            self._subscribe(self.main, guard, main.hear),
            self._subscribe(self.clock, clock_guard, clock.hear, records_max=1),
        )

    async def stop(self) -> None:
        """Stop fetching, finish the batches in flight, leave the groups, disconnect."""
        for watch in self._watches:
            watch.cancel()
        await self._broker.stop()

    def _cursor(self, hearing: str, topics: Sequence[str]) -> Cursor:
        chosen = {name: self._frame.heard[name] for name in topics}
        prefix = self._frame.settings.topic_prefix
        return Cursor(hearing, chosen, self._frame.application.name, prefix, self._offsets)

    async def _subscribe(
        self,
        cursor: Cursor,
        guard: Guard,
        hear: Callable[[Sequence[Any]], Awaitable[None]],
        records_max: int | None = None,
    ) -> None:
        if not cursor.topics:
            return
        subscriber = self._subscriber(cursor, guard, records_max)
        subscriber(hear)
        await subscriber.start()
        leave_at_stop(subscriber.consumer)
        cursor.subscribed = True
        self._watches.append(asyncio.create_task(guard.go_on()))
        await self._until(lambda: cursor.prepared)

    def _subscriber(self, cursor: Cursor, guard: Guard, records_max: int | None) -> Any:
        prefix, app = self._frame.settings.topic_prefix, self._frame.application.name

        async def parse(raw: Any) -> KafkaAckableMessage:
            return KafkaAckableMessage(raw_message=raw, body=b"", consumer=cursor.consumer)  # never raises

        async def decode(message: KafkaAckableMessage) -> Any:
            return message.raw_message

        subscriber: Any = self._broker.subscriber(
            *(prefix + name for name in cursor.topics),
            group_id=f"{prefix}{app}-{cursor.hearing}",
            group_instance_id=f"{app}-{self._slot}",
            batch=True,
            fetch_max_wait_ms=FETCH_WAIT_MILLISECONDS,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            rebalance_timeout_ms=30_000,
            parser=parse,
            decoder=decode,
            listener=Rebalance(cursor, guard, self._die, lambda: subscriber.consumer),
        )
        subscriber.get_msg = _next_batch(records_max or self._frame.settings.batch_records_max)
        return subscriber

    async def caught_up(self) -> None:
        """Wait until *first*, in whichever copy, has heard all that its topics hold now."""
        ends = await patiently(lambda: self._offsets.ends(self.first.partitions()))
        while True:
            found = await patiently(self._first_standings)
            if all(each in found and _no_more_to_wait_for(found[each], end) for each, end in ends.items()):
                return
            await asyncio.sleep(ASK_SECONDS)

    async def _first_standings(self) -> dict[Partition, Standing]:
        async with self._frame.pool.acquire() as connection:
            return await positions.standings(connection, self.first.hearing)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():  # noqa: ASYNC110  (set by the listener, on a task of aiokafka)
            await asyncio.sleep(ASK_SECONDS)


def _next_batch(records_max: int) -> Callable[[AIOKafkaConsumer], Awaitable[tuple[Any, ...]]]:
    """In place of FastStream's own, which sleeps when nothing came: it must wait briefly, and often."""

    async def next_batch(consumer: AIOKafkaConsumer) -> tuple[Any, ...]:
        while not (found := await consumer.getmany(timeout_ms=NOTHING_CAME_MILLISECONDS, max_records=records_max)):
            pass
        return tuple(chain(*found.values()))

    return next_batch


def _no_more_to_wait_for(found: Standing, end: int) -> bool:
    return found.stopped is not None or found.next_offset >= end
