"""Who waits for a batch: needs of households and gifts of payers, as the matcher knows them, and under which rules."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Rules(NamedTuple):
    """How many distinct payers and households a batch wants at least, k + f of each, and the k they come from."""

    payers: int
    households: int
    k: int

    @classmethod
    def of(cls, k: int, f_payers: int, f_households: int) -> "Rules":
        """The rules of a policy: f is how many parties one attacker is assumed to control."""
        return cls(k + f_payers, k + f_households, k)


class Need(NamedTuple):
    """A need, by working id, with the hash of its household and the rules that it came under.

    ``counts`` says that its household is one of those that are counted, ``may_be_left`` that chance may leave it for a
    later batch, ``urgent`` that its supply would be cut off before the next batch hour.
    """

    id: UUID
    household: UUID
    amount_minor: int
    since: datetime
    rules: Rules
    urgent: bool = False
    counts: bool = True
    may_be_left: bool = True


class Gift(NamedTuple):
    """A gift, or what is left of it, by working id, with the hash of its payer and the rules that it came under.

    Payers can be told apart within a ``group`` alone: an epoch of one payment partner. ``part`` is the number that a
    part spent of it has.
    """

    id: UUID
    payer: UUID
    amount_minor: int
    since: datetime
    rules: Rules
    group: tuple[str | None, UUID | None] = (None, None)
    may_be_left: bool = True
    part: int = 1
