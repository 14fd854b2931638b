"""The public record of a currency and week: sums over final batches, each chained to the one before."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from b40_contracts.solidarity import RecordPublished, week_of

FIRST_PREVIOUS = "0" * 64
ROUNDING = 5


@dataclass(frozen=True, slots=True)
class FinalBatch:
    """What a final batch adds to a record. ``k`` is the one that it closed under."""

    k: int
    payers: int
    spent_minor: int
    settled_minor: int
    needs_settled: int


def is_enough(batches: Sequence[FinalBatch]) -> bool:
    """Whether a record of these covers at least as many payers and settled needs as the strictest k among them."""
    k = max((batch.k for batch in batches), default=0)
    settled = sum(batch.needs_settled for batch in batches)
    payers = max((batch.payers for batch in batches), default=0)
    return bool(batches) and settled >= k and payers >= k


def publish(currency: str, number: int, due: datetime, batches: Sequence[FinalBatch], previous: str) -> RecordPublished:
    """The record made at ``due`` over these batches, after the one with the digest ``previous``."""
    settled = sum(batch.needs_settled for batch in batches)
    spent_minor = sum(batch.spent_minor for batch in batches)
    settled_minor = sum(batch.settled_minor for batch in batches)
    open_record = RecordPublished(
        currency=currency,
        number=number,
        week=week_of((due - timedelta(days=1)).date()),
        due=due,
        spent_minor=spent_minor,
        settled_minor=settled_minor,
        carried_change_minor=spent_minor - settled_minor,
        needs_settled=settled - settled % ROUNDING,
        previous=previous,
        digest=FIRST_PREVIOUS,
    )
    return open_record.model_copy(update={"digest": digest(open_record)})


def digest(record: RecordPublished) -> str:
    """SHA-256 of a record's canonical JSON (sorted keys, no blanks) without its own digest."""
    content = record.model_dump(mode="json", exclude={"digest"})
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
