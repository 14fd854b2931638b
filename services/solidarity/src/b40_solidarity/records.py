"""The public record of a currency and week: sums and roots over final batches, chained to the one before, signed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from b40_contracts.solidarity import RecordDrawn, RecordPublished, Rooted, week_of

from b40_solidarity.signatures import Signer

FIRST_PREVIOUS = "0" * 64
ROUNDING = 5


class NotReconciled(Exception):
    """A side's clearing account says something else of a batch than the matcher's books."""


@dataclass(frozen=True, slots=True)
class FinalBatch:
    """What a final batch adds to a record. ``payers_min``, ``households_min`` are what its rules want: k + f."""

    needs_batch: UUID
    gifts_batch: UUID
    payers_min: int
    households_min: int
    spent_minor: int
    settled_minor: int
    needs_settled: int


@dataclass(frozen=True, slots=True)
class Link:
    """Where the next record is chained to: how many there are, and the digest of the last."""

    number: int = 0
    digest: str = FIRST_PREVIOUS


def may_be_enough(batches: Sequence[FinalBatch]) -> bool:
    """Whether it is worth to ask the sides for their roots: fewer needs than households can never be enough."""
    settled = sum(batch.needs_settled for batch in batches)
    return bool(batches) and settled >= max(batch.households_min for batch in batches)


def is_enough(drawn: RecordDrawn, gifts: Rooted, needs: Rooted) -> bool:
    """Whether a record covers so many distinct payers and households that it tells of nobody."""
    return gifts.parties >= drawn.payers_min and needs.parties >= drawn.households_min


def reconcile(rooted: Rooted, booked_minor: dict[UUID, int]) -> None:
    """Compare a side's clearing account with the matcher's books, batch by batch. Raises NotReconciled."""
    cleared = {batch.batch: batch.amount_minor for batch in rooted.batches}
    if cleared != booked_minor:
        differing = [batch for batch in cleared | booked_minor if cleared.get(batch) != booked_minor.get(batch)]
        raise NotReconciled(f"{len(differing)} of {len(booked_minor)} batches: the side's books differ from these")


def publish(drawn: RecordDrawn, gifts: Rooted, needs: Rooted, last: Link, signer: Signer) -> RecordPublished:
    """The record of what was drawn, with both sides' roots, after the last one."""
    open_record = RecordPublished(
        currency=drawn.currency,
        number=last.number + 1,
        week=week_of((drawn.due - timedelta(days=1)).date()),
        due=drawn.due,
        spent_minor=drawn.spent_minor,
        settled_minor=drawn.settled_minor,
        refunded_minor=0,
        carried_change_minor=drawn.spent_minor - drawn.settled_minor,
        needs_settled=drawn.needs_settled - drawn.needs_settled % ROUNDING,
        gifts_root=gifts.root,
        gifts_leaves=gifts.leaves,
        needs_root=needs.root,
        needs_leaves=needs.leaves,
        signer=signer.public,
        previous=last.digest,
        digest=FIRST_PREVIOUS,
    )
    stated = digest(open_record)
    return open_record.model_copy(update={"digest": stated, "signature": signer.sign(stated)})


def digest(record: RecordPublished) -> str:
    """SHA-256 of a record's canonical JSON (sorted keys, no blanks, no nulls) without its digest and signature."""
    content = record.model_dump(mode="json", exclude={"digest", "signature"}, exclude_none=True)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def follows(record: RecordPublished, last: Link) -> bool:
    """Whether a record is the next of the chain, and whole."""
    return (record.number, record.previous, record.digest) == (last.number + 1, last.digest, digest(record))
