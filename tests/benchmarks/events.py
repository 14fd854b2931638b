"""The events of all benchmarks: transfers between 1,000 accounts, CloudEvents in binary mode, each with its own id."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

from b40_chassis.identity import uuid8
from b40_contracts.cloudevents import KafkaRecord
from confluent_kafka import KafkaError, Message, Producer

from tests.support.ledger.facts import TransferReported

ACCOUNTS = 1_000
SENDER = "//bank.example/benchmark"
BEGUN = datetime(2022, 6, 20, tzinfo=UTC)
ANSWER_SECONDS_MAX = 60

Ids = Callable[[int], UUID]
"""The id of the event with this number."""


def time_ordered(number: int) -> UUID:
    """An id as our own apps give them: it begins with the event's time, so that indexes grow at their end."""
    return uuid8(BEGUN + timedelta(milliseconds=number), _hash(number))


def random(number: int) -> UUID:
    """An id as a foreign sender may give them: 122 bits of a hash, anywhere in an index."""
    return UUID(bytes=_hash(number)[:16], version=4)


def transfers(count: int, ids: Ids = time_ordered, begin: int = 0) -> Iterator[KafkaRecord]:
    """So many records, from the ``begin``-th on. Written by hand, since describing an event takes ten times as long."""
    fixed = [
        ("ce_specversion", b"1.0"),
        ("ce_source", SENDER.encode()),
        ("ce_type", TransferReported.type.encode()),
        ("content-type", b"application/json"),
    ]
    for number in range(begin, begin + count):
        account, receiver = f"account-{number % ACCOUNTS}", f"account-{(number * 7 + 1) % ACCOUNTS}"
        time = (BEGUN + timedelta(milliseconds=number)).isoformat().removesuffix("+00:00")
        value = (
            f'{{"account":"{account}","number":{number // ACCOUNTS + 1},"receiver":"{receiver}",'
            f'"amount":{number % 90 + 10}}}'
        )
        own = [
            ("ce_id", str(ids(number)).encode()),
            ("ce_time", f"{time}Z".encode()),
            ("ce_subject", account.encode()),
        ]
        yield KafkaRecord(account.encode(), value.encode(), [*fixed, *own])


def number_of(account: str, number: int) -> int:
    """The number of the event that a transfer was reported with."""
    return (number - 1) * ACCOUNTS + int(account.removeprefix("account-"))


class Sender:
    """Sends records, each held back for others for ``linger`` milliseconds at most; partitions as Java chooses them."""

    def __init__(self, kafka: str, *, linger: int) -> None:
        self._failures: list[KafkaError] = []
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "enable.idempotence": True,
                "linger.ms": linger,
                "partitioner": "murmur2_random",
                "queue.buffering.max.messages": 1_000_000,
            }
        )

    def send(self, topic: str, record: KafkaRecord) -> None:
        """Send one record; whether it arrived is asked at the end."""
        self._producer.produce(topic, record.value, record.key, headers=list(record.headers), on_delivery=self._told)

    def send_all(self, topic: str, records: Iterable[KafkaRecord]) -> None:
        """Send records and wait until all have arrived."""
        remaining = iter(records)
        while chunk := list(islice(remaining, 10_000)):
            for record in chunk:
                self.send(topic, record)
            self.serve()
        self.finish()

    def serve(self) -> None:
        """Hear what became of what was sent so far."""
        self._producer.poll(0)

    def finish(self) -> None:
        """Wait until all that was sent has arrived. Raises RuntimeError if something has not."""
        waiting = self._producer.flush(ANSWER_SECONDS_MAX)
        if waiting or self._failures:
            raise RuntimeError(f"{waiting} records are still on their way, {len(self._failures)} were refused")

    def _told(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failures.append(error)


def _hash(number: int) -> bytes:
    return hashlib.blake2b(b"%d" % number, digest_size=16).digest()
