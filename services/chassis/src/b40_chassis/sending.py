"""Sending records to Kafka: in whole batches per partition, in order, each acknowledged or known to be refused.

A refused record breaks an idempotent producer (what follows it on its partition is out of sequence), so every refusal
is followed by a new producer; what stood with it in a batch is sent once more, each in a batch of its own, so that the
one at fault is found. A topic that cannot be written at all is given some time first: a right may be on its way.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka import errors as kafka
from aiokafka.partitioner import murmur2

from b40_chassis.packing import Packed, headers_of
from b40_chassis.reaching import Kafka

BATCH_BYTES_MAX = 1_040_000
"""Below the topics' ``max.message.bytes``, above the largest record of the outbox."""
REQUEST_SECONDS_MAX = 6
START_SECONDS_MAX = 20
TOPIC_TRIES = 3
PAUSE_SECONDS = 1.0

Place = tuple[int, int]
"""Partition and offset that a record was given; the offset is -1 if the broker did not say it."""
Failures = dict[int, Exception]
"""Why records were not acknowledged, by index."""

OF_TOPICS = (kafka.TopicAuthorizationFailedError, kafka.UnknownTopicOrPartitionError, kafka.InvalidTopicError)
OF_RECORDS = (kafka.MessageSizeTooLargeError, kafka.RecordListTooLargeError, kafka.InvalidMessageError)
AFTER_OTHERS = (kafka.OutOfOrderSequenceNumber,)


class Sending:
    """A producer that is made anew whenever it may be broken. One sends at a time."""

    def __init__(self, kafka: Kafka, prefix: str) -> None:
        self._kafka = kafka
        self._prefix = prefix
        self._producer: AIOKafkaProducer | None = None

    async def close(self) -> None:
        """Give the producer up; what was not acknowledged may still arrive."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await asyncio.wait_for(producer.stop(), START_SECONDS_MAX)

    async def send(self, records: Sequence[Packed]) -> tuple[dict[int, Place], dict[int, str]]:
        """Send records in order. Returns where each came to stand, and why others were refused, by index.

        Raises what the infrastructure did: then some may have been sent, and all must be sent again.
        """
        places: dict[int, Place] = {}
        refused: dict[int, str] = {}
        alone: Collection[int] = ()
        for tries in itertools.count(1):
            missing = [index for index in range(len(records)) if index not in places and index not in refused]
            if not missing:
                break
            failures = await self._post(records, missing, alone, places)
            if failures:
                _require_refusal(failures)
                await self.close()
                refused |= _hopeless(failures, alone, tries)
                alone = failures.keys() - refused.keys()
                await asyncio.sleep(PAUSE_SECONDS if _of_topics(failures) and alone else 0)
        return places, refused

    async def _post(
        self, records: Sequence[Packed], missing: Sequence[int], alone: Collection[int], places: dict[int, Place]
    ) -> Failures:
        """Send once; note the places of what was acknowledged, return what was not."""
        producer = await self._ready()
        failures: Failures = {}
        lanes: dict[tuple[str, int], list[int]] = defaultdict(list)
        for topic, indexes in _by_topic(records, missing).items():
            try:
                partitions = await producer.partitions_for(self._prefix + topic)
            except OF_TOPICS as error:
                failures |= dict.fromkeys(indexes, error)
                continue
            for index in indexes:
                lanes[topic, _hash(records[index].key) % len(partitions)].append(index)
        travels = [
            self._travel(producer, topic, partition, _parcels(producer, records, indexes, alone))
            for (topic, partition), indexes in lanes.items()
        ]
        for indexes, outcome in itertools.chain(*await asyncio.gather(*travels)):
            if isinstance(outcome, Exception):
                failures |= dict.fromkeys(indexes, outcome)
            else:
                places |= _places(indexes, outcome)
        return failures

    async def _travel(
        self, producer: AIOKafkaProducer, topic: str, partition: int, parcels: Iterator[tuple[list[int], Any]]
    ) -> list[tuple[list[int], Any]]:
        sent = [
            (indexes, await producer.send_batch(parcel, self._prefix + topic, partition=partition))
            for indexes, parcel in parcels
        ]
        outcomes = await asyncio.gather(*(future for _, future in sent), return_exceptions=True)
        return [(indexes, outcome) for (indexes, _), outcome in zip(sent, outcomes, strict=True)]

    async def _ready(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                **self._kafka.client(),
                enable_idempotence=True,
                max_batch_size=BATCH_BYTES_MAX,
                request_timeout_ms=REQUEST_SECONDS_MAX * 1000,
            )
            try:
                await asyncio.wait_for(producer.start(), START_SECONDS_MAX)
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer


def _by_topic(records: Sequence[Packed], indexes: Sequence[int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for index in indexes:
        found[records[index].topic].append(index)
    return found


@lru_cache(maxsize=65_536)
def _hash(key: bytes) -> int:
    """The hash by which every client of Kafka chooses a key's partition."""
    return int(murmur2(key)) & 0x7FFFFFFF


def _parcels(
    producer: AIOKafkaProducer, records: Sequence[Packed], indexes: Sequence[int], alone: Collection[int]
) -> Iterator[tuple[list[int], Any]]:
    """Cut the records of one partition into Kafka's batches."""
    parcel, inside = producer.create_batch(), list[int]()
    for index in indexes:
        _, key, value, framed = records[index]
        headers = headers_of(framed)
        apart = bool(inside) and (index in alone or inside[-1] in alone)
        if apart or parcel.append(timestamp=None, key=key, value=value, headers=headers) is None:
            yield inside, parcel
            parcel, inside = producer.create_batch(), []
            parcel.append(timestamp=None, key=key, value=value, headers=headers)  # the first one always fits
        inside.append(index)
    yield inside, parcel


def _places(indexes: Sequence[int], outcome: Any) -> dict[int, Place]:
    base = outcome.offset
    return {index: (outcome.partition, base + n if base >= 0 else -1) for n, index in enumerate(indexes)}


def _require_refusal(failures: Failures) -> None:
    """Raise what is no record's or topic's own fault, or a consequence of one."""
    own = [error for error in failures.values() if isinstance(error, OF_TOPICS + OF_RECORDS)]
    for error in failures.values():
        if not own or not isinstance(error, OF_TOPICS + OF_RECORDS + AFTER_OTHERS):
            raise error


def _hopeless(failures: Failures, alone: Collection[int], tries: int) -> dict[int, str]:
    return {
        index: type(error).__name__
        for index, error in failures.items()
        if (isinstance(error, OF_TOPICS) and tries >= TOPIC_TRIES) or (isinstance(error, OF_RECORDS) and index in alone)
    }


def _of_topics(failures: Mapping[int, Exception]) -> bool:
    return any(isinstance(error, OF_TOPICS) for error in failures.values())
