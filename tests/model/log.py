"""The log that the model holds in Kafka's place: partitions of what was said, cut and made anew at will."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from itertools import pairwise

from aiokafka import ConsumerRecord
from b40_contracts.cloudevents import describe, to_kafka

from tests.support.ledger.facts import INTAKE, TransferReported

SENDER = "//bank.example/model"
BEGUN = datetime(2022, 6, 20, tzinfo=UTC)
BEGUN_MILLISECONDS = int(BEGUN.timestamp() * 1000)
PARTITIONS = 2
ACCOUNTS = ("a", "b", "c")
"""The first two share a partition."""

UNLUCKY_RECEIVER = "unlucky"

Transfer = tuple[str, int]
"""Account and number."""


class Kind(Enum):
    """What a record is to the ledger."""

    GOOD = "good"
    POISON = "the database refuses it"
    UNLUCKY = "the database refuses it until it is mended"
    UNREADABLE = "not an event"
    UNKNOWN = "a type that the topic does not take"


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """One record as its sender said it."""

    kind: Kind
    account: str
    number: int
    receiver: str
    amount: int
    id: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def transfer(self) -> Transfer:
        """What it would book."""
        return self.account, self.number


@dataclass(slots=True)
class PartitionLog:
    """One partition: all that was ever said, of which what stands before ``begin`` is gone."""

    records: list[Said] = field(default_factory=list)
    begin: int = 0

    @property
    def end(self) -> int:
        """The offset of the next record."""
        return len(self.records)

    def raw(self, partition: int, offset: int) -> "ConsumerRecord[bytes, bytes | None]":
        """The record at an offset, as aiokafka hands it out."""
        said = self.records[offset]
        return ConsumerRecord(
            topic=INTAKE.name,
            partition=partition,
            offset=offset,
            timestamp=BEGUN_MILLISECONDS + offset,
            timestamp_type=1,
            key=said.key,
            value=said.value,
            checksum=None,
            serialized_key_size=-1,
            serialized_value_size=-1,
            headers=said.headers,
        )


class Log:
    """The intake topic, and everything ever said on it."""

    def __init__(self) -> None:
        self.partitions = [PartitionLog() for _ in range(PARTITIONS)]
        self.ever: list[Said] = []
        self.of_id: dict[str, list[Said]] = defaultdict(list)
        self.passed_over = False
        """Whether a person passed over records, or a log was made anew: what is said again may be taken later then."""
        self._numbers: Counter[str] = Counter()

    def say(self, account: str, kind: Kind, id_: str | None = None) -> Said:
        """A sender says something new, under an id of its own or one that was used before."""
        self._numbers[account] += 1
        number = self._numbers[account]
        said = _said(kind, account, number, id_ or f"{account}{number}")
        self._append(said)
        return said

    def say_again(self, said: Said) -> None:
        """The very same record comes once more."""
        self._append(replace(said))

    def make_anew(self, partition: int) -> None:
        """The topic was deleted and made again: it is empty and begins at 0."""
        self.partitions[partition] = PartitionLog()
        self.passed_over = True

    def standing(self) -> Iterator[tuple[int, int, Said]]:
        """Partition, offset and record of all that was said since each partition was made."""
        for number, partition in enumerate(self.partitions):
            for offset, said in enumerate(partition.records):
                yield number, offset, said

    def is_first(self, said: Said) -> bool:
        """Whether nothing was said under its id before."""
        return self.of_id[said.id][0] is said

    def in_order(self, account: str, numbers: Sequence[int]) -> bool:
        """Whether transfers of an account, each once, stand in the order in which they were said."""
        if not self.passed_over:
            return list(numbers) == sorted(numbers)
        said = [each for each in self.ever if each.account == account]
        places = {
            number: [place for place, each in enumerate(said) if each.number == number] for number in set(numbers)
        }
        return all(min(places[one]) <= max(places[later]) for one, later in pairwise(numbers))

    def _append(self, said: Said) -> None:
        self.partitions[partition_of(said.account)].records.append(said)
        self.ever.append(said)
        self.of_id[said.id].append(said)


def partition_of(account: str) -> int:
    """The partition of an account's records: a key stays in one."""
    return 1 if account == ACCOUNTS[-1] else 0


def _said(kind: Kind, account: str, number: int, id_: str) -> Said:
    amount = 0 if kind is Kind.POISON else number
    receiver = f"{UNLUCKY_RECEIVER} {account}" if kind is Kind.UNLUCKY else f"receiver of {account}"
    event = TransferReported(account=account, number=number, receiver=receiver, amount=amount)
    record = to_kafka(describe(event, id=id_, source=SENDER, time=BEGUN))
    headers, value = dict(record.headers), record.value
    if kind is Kind.UNREADABLE:
        value = json.dumps("{")[1:].encode()
    if kind is Kind.UNKNOWN:
        headers["ce_type"] = b"org.b40.ledger.transfer.dreamt.v1"
    return Said(kind, account, number, receiver, amount, id_, account.encode(), value, tuple(headers.items()))
