"""Public records for tests: a chain of weeks over made-up batches, with trees of both sides."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from b40_contracts.solidarity import (
    DrawnBatch,
    GiftRecordRooted,
    NeedRecordRooted,
    RecordDrawn,
    RecordPublished,
    Rooted,
)
from b40_solidarity import records
from b40_solidarity.holdings import Held
from b40_solidarity.leaves import GIFTS, NEEDS
from b40_solidarity.records import Link
from b40_solidarity.signatures import Signer
from b40_solidarity.trees import Tree, plant

from tests.solidarity.given import K, after, named

SIGNER = Signer(b"seed of thirty-two bytes .......")
SECRET_DIGEST = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
"""SHA-256 of ``abc``, as FIPS 180 has it."""
SECRET = "abc"
WEEK = timedelta(days=7)


def drawn(week: int = 1, **changes: Any) -> RecordDrawn:
    """The draw of a week: five gifts of 100.00, five needs of 90.00."""
    return RecordDrawn(
        **{
            "currency": "TRY",
            "number": week,
            "due": after(0) + week * WEEK,
            "needs_part": named(f"needs part {week}"),
            "gifts_part": named(f"gifts part {week}"),
            "batches": (DrawnBatch(needs_batch=named(f"needs {week}"), gifts_batch=named(f"gifts {week}")),),
            "spent_minor": 50_000,
            "settled_minor": 45_000,
            "needs_settled": 7,
            "payers_min": K,
            "households_min": K,
            **changes,
        }
    )


def tree(side: str, week: int = 1) -> Tree:
    """A side's tree of a week."""
    return plant(held(side), named(f"{side} part {week}"), side, "TRY", keys(), week.to_bytes(32))


def held(side: str) -> Sequence[Held]:
    amount_minor = 10_000 if side == GIFTS else 9_000
    return [Held(named(f"{side} {n}"), named(f"subject {n}"), amount_minor, SECRET_DIGEST) for n in range(5)]


def keys() -> Mapping[UUID, bytes]:
    return {named(f"subject {n}"): n.to_bytes(32) for n in range(5)}


def rooted(side: str, week: int = 1, *, parties: int = K) -> Rooted:
    """What a side says of a week."""
    kind = GiftRecordRooted if side == GIFTS else NeedRecordRooted
    made = tree(side, week)
    return kind(part=made.part, root=made.root, leaves=len(made.hashes), parties=parties, batches=())


def chain(weeks: int) -> list[RecordPublished]:
    """The records of so many weeks."""
    last, made = Link(), list[RecordPublished]()
    for week in range(1, weeks + 1):
        record = records.publish(drawn(week), rooted(GIFTS, week), rooted(NEEDS, week), last, SIGNER)
        last = Link(record.number, record.digest)
        made.append(record)
    return made


def as_json(made: Sequence[RecordPublished]) -> list[dict[str, Any]]:
    """The records as the read API states them."""
    return [json.loads(record.model_dump_json()) for record in made]
