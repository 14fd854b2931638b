"""What each gift, or need, had in final batches: lines of its side's clearing account, a leaf of its side's tree."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from b40_contracts.solidarity import Cleared

from b40_solidarity.leaves import NOBODY, Opening, holder, salted
from b40_solidarity.records import NotReconciled


@dataclass(frozen=True, slots=True)
class Share:
    """What one gift, or need, had in a batch. ``party`` is its payer, or household."""

    batch: UUID
    of: UUID
    party: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Held:
    """What one gift, or need, had in all batches of a record. ``receipt`` is the digest of its secret, if any."""

    of: UUID
    subject: UUID
    amount_minor: int
    receipt: str | None


def opening(held: Held, part: UUID, side: str, currency: str, keys: Mapping[UUID, bytes], seed: bytes) -> Opening:
    """The opening of a leaf in a record's part. Without a key of its subject, who is forgotten, it is nobody's."""
    what, key = f"{part} {held.of}", keys.get(held.subject)
    if key is None:
        return Opening(side, currency, held.amount_minor, NOBODY, salted(seed, what))
    salt = salted(key, what)
    return Opening(side, currency, held.amount_minor, holder(salt, held.receipt), salt)


def sums(shares: Sequence[Share]) -> dict[UUID, int]:
    """What each gift, or need, had together, minor units."""
    together: Counter[UUID] = Counter()
    for share in shares:
        together[share.of] += share.amount_minor
    return dict(together)


def cleared(shares: Sequence[Share]) -> tuple[Cleared, ...]:
    """What these shares come to by batch, in order of the batches' ids."""
    by_batch: dict[UUID, Counter[str]] = defaultdict(Counter)
    for share in shares:
        by_batch[share.batch][share.party] += share.amount_minor
    return tuple(
        Cleared(batch=batch, amount_minor=sum(of.values()), parties=len(of), largest_minor=max(of.values()))
        for batch, of in sorted(by_batch.items())
    )


def agree(shares: Sequence[Share], booked_minor: Mapping[UUID, int]) -> None:
    """Compare shares with what the clearing account says by batch, as far as it does. Raises NotReconciled."""
    for batch in cleared(shares):
        if booked_minor.get(batch.batch, batch.amount_minor) != batch.amount_minor:
            raise NotReconciled("the shares of a batch are not what the clearing account says")


def parties(shares: Sequence[Share]) -> int:
    """How many distinct payers, or households, these are of."""
    return len({share.party for share in shares})
