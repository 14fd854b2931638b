"""What the auditor of one side checks with its openings: that the leaves add up to what the public record states."""

from collections.abc import Sequence
from dataclasses import dataclass

from b40_contracts.solidarity import RecordPublished

from b40_solidarity import merkle
from b40_solidarity.leaves import GIFTS, NEEDS, Opening
from b40_solidarity.trees import OpenedLeaf, Openings

FIELDS = {GIFTS: ("gifts_root", "gifts_leaves", "spent_minor"), NEEDS: ("needs_root", "needs_leaves", "settled_minor")}


class NotAudited(Exception):
    """What does not hold: which record or leaf, and which field."""


@dataclass(frozen=True, slots=True)
class Audited:
    """What was found. Of forgotten leaves only the number is known, and what they would have to hold together."""

    record: int
    opened: int
    padding: int
    forgotten: int
    opened_minor: int
    stated_minor: int


def audit(openings: Openings, records: Sequence[RecordPublished]) -> Audited:
    """Check a side's openings against the record that states their root. Raises NotAudited."""
    record = _record(openings, records)
    root, leaves, stated = FIELDS[openings.side]
    of = f"record {record.currency} {record.number}"
    hashes = [_checked(openings, place, leaf) for place, leaf in enumerate(openings.leaves)]
    if len(hashes) != getattr(record, leaves):
        raise NotAudited(f"{of}: {leaves}: it states {getattr(record, leaves)}, and {len(hashes)} are opened")
    if merkle.root(hashes).hex() != getattr(record, root):
        raise NotAudited(f"{of}: {root}: it is not the root over these leaves")
    amounts = [leaf.amount_minor for leaf in openings.leaves if leaf.amount_minor is not None]
    found = Audited(
        record=record.number,
        opened=sum(amount_minor > 0 for amount_minor in amounts),
        padding=amounts.count(0),
        forgotten=len(openings.leaves) - len(amounts),
        opened_minor=sum(amounts),
        stated_minor=getattr(record, stated),
    )
    if found.opened_minor > found.stated_minor or (not found.forgotten and found.opened_minor != found.stated_minor):
        raise NotAudited(f"{of}: {stated}: it states {found.stated_minor}, and the leaves hold {found.opened_minor}")
    return found


def _record(openings: Openings, records: Sequence[RecordPublished]) -> RecordPublished:
    if openings.side not in FIELDS:
        raise NotAudited(f"openings: side: it is gifts or needs, not {openings.side}")
    root = FIELDS[openings.side][0]
    for record in records:
        if getattr(record, root) == openings.root and record.currency == openings.currency:
            return record
    raise NotAudited(f"openings: root: no record of {openings.currency} has it as its {root}")


def _checked(openings: Openings, place: int, leaf: OpenedLeaf) -> bytes:
    """The hash of a leaf, which is that of its opening if it is not forgotten."""
    if leaf.amount_minor is None or leaf.holder is None or leaf.salt is None:
        return bytes.fromhex(leaf.leaf)
    if leaf.amount_minor < 0:
        raise NotAudited(f"leaf {place}: amount_minor: it is below zero")
    opening = Opening(openings.side, openings.currency, leaf.amount_minor, leaf.holder, leaf.salt)
    if opening.leaf.hex() != leaf.leaf:
        raise NotAudited(f"leaf {place}: leaf: it is not the hash of its opening")
    return opening.leaf
