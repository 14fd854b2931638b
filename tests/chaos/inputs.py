"""What is sent: transfers, duplicates, and poison of each kind; the same for the same seed."""

import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from random import Random
from uuid import UUID

from b40_chassis.clock import tick
from b40_contracts.cloudevents import KafkaRecord, describe, to_kafka

from tests.support.ground import BEGUN, SENDER, Key
from tests.support.ledger.facts import CLOCK, INTAKE, TransferReported

ACCOUNTS = [f"account-{number}" for number in range(40)]
CLOSED = "closed-account"
"""A receiver that the database refuses until it is opened."""
ITEM = "item"
"""Header with the item's number, by which the model knows a record again."""
REMEMBERED = 2_000
"""How far back a delayed duplicate, or another content under the same id, may reach."""


class Kind(StrEnum):
    """What an item is."""

    TRANSFER = "transfer"
    AGAIN = "duplicate"
    AGAIN_LATER = "late duplicate"
    NOT_JSON = "not JSON"
    NULL = "null value"
    HEADER = "header not UTF-8"
    SCHEMA = "wrong schema"
    UNKNOWN = "unknown type"
    REUSED = "id reused"
    ZERO = "amount 0"
    SHUT = "closed account"
    TICK = "tick"


PER_MILLE: dict[Kind, float] = {
    Kind.AGAIN: 25,
    Kind.AGAIN_LATER: 25,
    Kind.NOT_JSON: 1,
    Kind.NULL: 1,
    Kind.HEADER: 1,
    Kind.SCHEMA: 1,
    Kind.UNKNOWN: 2,
    Kind.REUSED: 2,
    Kind.ZERO: 0.7,
    Kind.SHUT: 0.3,
    Kind.TICK: 0.7,
}

BOOKED = frozenset({Kind.TRANSFER, Kind.AGAIN, Kind.AGAIN_LATER, Kind.SHUT})
REFUSED = frozenset({Kind.UNKNOWN, Kind.REUSED})
SET_ASIDE = frozenset({Kind.NOT_JSON, Kind.NULL, Kind.HEADER, Kind.SCHEMA, Kind.ZERO})


@dataclass(frozen=True, slots=True)
class Item:
    """One record to be sent. ``transfer`` is the account and the number that it books, if it books."""

    kind: Kind
    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    transfer: Key | None = None
    id: str = ""


def inputs(seed: int) -> Iterator[Item]:
    """Items without end."""
    inputs_ = _Inputs(Random(f"inputs {seed}"))
    kinds, weights = list(PER_MILLE), list(PER_MILLE.values())
    kinds, weights = [Kind.TRANSFER, *kinds], [1_000 - sum(weights), *weights]
    number = 0
    while True:
        kind = inputs_.chance.choices(kinds, weights)[0]
        item = inputs_.item(kind)
        yield replace(item, headers=(*item.headers, (ITEM, str(number).encode())))
        number += 1


class _Inputs:
    """What was given so far: the last number of each account, and transfers that may come again."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self._numbers: Counter[str] = Counter()
        self._given: deque[Item] = deque(maxlen=REMEMBERED)
        self._ticks = 0

    def item(self, kind: Kind) -> Item:
        if kind is Kind.TICK:
            self._ticks += 1
            return _item(kind, CLOCK.name, to_kafka(tick(BEGUN + timedelta(minutes=self._ticks))))
        if kind in (Kind.AGAIN, Kind.AGAIN_LATER) and self._given:
            given = self._given[-1] if kind is Kind.AGAIN else self.chance.choice(self._given)
            return replace(given, kind=kind)
        if kind is Kind.REUSED and self._given:
            return self._other_content(self.chance.choice(self._given))
        if kind in (Kind.ZERO, Kind.SHUT, Kind.TRANSFER):
            return self._transfer(kind)
        return self._poison(kind) if kind in (SET_ASIDE | REFUSED) - {Kind.REUSED} else self._transfer(Kind.TRANSFER)

    def _transfer(self, kind: Kind) -> Item:
        account = self.chance.choice(ACCOUNTS)
        receiver = CLOSED if kind is Kind.SHUT else self.chance.choice(ACCOUNTS)
        amount = 0 if kind is Kind.ZERO else self.chance.randint(1, 100)
        self._numbers[account] += 1
        item = self._report(kind, account, self._numbers[account], receiver, amount, self._id(account))
        if kind is Kind.TRANSFER:
            self._given.append(item)
        return item

    def _other_content(self, given: Item) -> Item:
        assert given.transfer is not None, "what was given is a transfer"
        amount = 1_000_000 + self.chance.randrange(1_000_000)  # never the same twice
        return replace(self._report(Kind.REUSED, *given.transfer, ACCOUNTS[0], amount, given.id), transfer=None)

    def _poison(self, kind: Kind) -> Item:
        account = self.chance.choice(ACCOUNTS)
        good = self._report(kind, account, 0, ACCOUNTS[0], 1, self._id(account))
        bad = replace(good, transfer=None)
        if kind is Kind.NOT_JSON:
            return replace(bad, value=b'{"account": ')
        if kind is Kind.NULL:
            return replace(bad, value=None)
        if kind is Kind.SCHEMA:
            return replace(bad, value=json.dumps({"account": account, "number": "many"}).encode())
        changed = {Kind.HEADER: ("ce_source", b"\xff\xfe"), Kind.UNKNOWN: ("ce_type", b"org.b40.ledger.other.said.v1")}
        name, value = changed[kind]
        return replace(bad, headers=tuple((each, value if each == name else old) for each, old in bad.headers))

    def _report(self, kind: Kind, account: str, number: int, receiver: str, amount: int, id_: str) -> Item:
        transfer = TransferReported(account=account, number=number, receiver=receiver, amount=amount)
        record = to_kafka(describe(transfer, id=id_, source=SENDER, time=BEGUN))
        return replace(_item(kind, INTAKE.name, record), transfer=(account, number), id=id_)

    def _id(self, account: str) -> str:
        chosen = UUID(int=self.chance.getrandbits(128), version=4)
        return str(chosen) if self.chance.random() < 0.5 else f"{account}-{chosen.hex}"


def _item(kind: Kind, topic: str, record: KafkaRecord) -> Item:
    key, value, headers = record.key, record.value, record.headers
    return Item(kind, topic, key or b"", value, tuple(headers))
