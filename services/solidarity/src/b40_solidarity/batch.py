"""Closing a batch of a pool: which needs are ordered and which gifts are spent, as a whole. No pair is computed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

NEEDS_MAX = 2_000
"""Needs in a batch at most; what is over waits for the next."""

GIFTS_MAX = 4_000
"""Gifts in a batch at most; what is over waits for the next."""


@dataclass(frozen=True, slots=True)
class Need:
    """A need as the matcher knows it: by working id, with the hash of its household and the k it came under."""

    id: UUID
    household: UUID
    amount_minor: int
    since: datetime
    k: int


@dataclass(frozen=True, slots=True)
class Gift:
    """A gift as the matcher knows it: by working id, with the hash of its payer and the k it came under."""

    id: UUID
    payer: UUID
    amount_minor: int
    since: datetime
    k: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Gifts that together, with what was carried, pay needs that are met whole; the rest is carried on."""

    gifts: Sequence[Gift]
    needs: Sequence[Need]
    carried_in_minor: int
    k: int

    @property
    def spent_minor(self) -> int:
        """Sum of the gifts."""
        return sum(gift.amount_minor for gift in self.gifts)

    @property
    def ordered_minor(self) -> int:
        """Sum of the needs."""
        return sum(need.amount_minor for need in self.needs)

    @property
    def carried_out_minor(self) -> int:
        """What is left for later batches of the pool."""
        return self.carried_in_minor + self.spent_minor - self.ordered_minor

    @property
    def payers(self) -> int:
        """How many distinct payers gave."""
        return len({gift.payer for gift in self.gifts})

    @property
    def households(self) -> int:
        """How many distinct households are met."""
        return len({need.household for need in self.needs})


def close(needs: Sequence[Need], gifts: Sequence[Gift], carried_minor: int) -> Batch | None:
    """The batch that these needs and gifts make now, or None while either side is fewer than k parties.

    Needs are met whole, strictly oldest first (time, then id), as far as the money reaches. Gifts are spent oldest
    first until the needs are paid; if fewer than k payers gave by then, gifts of further payers are spent too, and
    what is over is carried. The strictest k of all that take part holds; those under a stricter one than can be
    kept are left waiting, so that they do not hold up the others.
    """
    waiting = sorted(needs, key=lambda need: (need.since, need.id))
    offered = sorted(gifts, key=lambda gift: (gift.since, gift.id))
    for k in sorted({need.k for need in waiting} | {gift.k for gift in offered}, reverse=True):
        batch = _under(
            k,
            [need for need in waiting if need.k <= k][:NEEDS_MAX],
            [gift for gift in offered if gift.k <= k][:GIFTS_MAX],
            carried_minor,
        )
        if min(batch.households, batch.payers) >= k:
            return batch
    return None


def _under(k: int, needs: Sequence[Need], gifts: Sequence[Gift], carried_minor: int) -> Batch:
    met = _affordable(needs, carried_minor + sum(gift.amount_minor for gift in gifts))
    wanted_minor = sum(need.amount_minor for need in met) - carried_minor
    return Batch(_spent(gifts, wanted_minor, k), met, carried_minor, k)


def _affordable(needs: Sequence[Need], money_minor: int) -> list[Need]:
    """The longest beginning of ``needs`` that the money pays whole."""
    met = []
    for need in needs:
        money_minor -= need.amount_minor
        if money_minor < 0:
            break
        met.append(need)
    return met


def _spent(gifts: Sequence[Gift], wanted_minor: int, k: int) -> list[Gift]:
    """Gifts until ``wanted_minor`` is reached, then only those of further payers until there are k."""
    spent: list[Gift] = []
    payers: set[UUID] = set()
    for gift in gifts:
        if wanted_minor <= 0 and (len(payers) >= k or gift.payer in payers):
            continue
        spent.append(gift)
        payers.add(gift.payer)
        wanted_minor -= gift.amount_minor
    return spent
