"""What really was: who was in which batch, and who belongs to whom. It turns what a role claims into trials."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from b40_contracts.solidarity import BatchDecided

from tests.solidarity.attackers.city import Pool, Summer
from tests.solidarity.attackers.evidence import Evidence
from tests.solidarity.attackers.joins import Claim
from tests.solidarity.attackers.judging import Trial


class Batch(NamedTuple):
    """Who was in a batch, and how few might have been."""

    payers: frozenset[str]
    households: frozenset[str]
    k: int
    payers_min: int
    households_min: int


class Truth:
    """Knows everything, and tells a role nothing."""

    def __init__(self, summer: Summer, evidence: Evidence) -> None:
        self._names = evidence.names
        self._pool_of: dict[str, Pool] = {}
        self._bond: dict[str, str] = {}
        for pool in summer.pools:
            self._pool_of |= dict.fromkeys((*pool.payers, *pool.households), pool)
            for payer, household in pool.bonds.items():
                self._bond |= {payer: household, household: payer}
        self.batches = {
            (heard.event.pool, heard.event.due): self._batch(heard.event) for heard in evidence.events(BatchDecided)
        }

    def _batch(self, decided: BatchDecided) -> Batch:
        return Batch(
            frozenset(self._names[str(gift.gift)] for gift in decided.gifts),
            frozenset(self._names[str(need.need)] for need in decided.needs),
            decided.k,
            decided.k + decided.f_payers,
            decided.k + decided.f_households,
        )

    def trials(self, claims: Sequence[Claim], own: Iterable[str] = (), *, of_hasty: bool = True) -> list[Trial]:
        """The trials that these claims are: those about a party that shared a batch with its other.

        In ``of_hasty`` pools those who belong together come within the hour: no trial for who sees both come in.
        """
        mine = {self._names[one] for one in own}
        best: dict[tuple[str, datetime], Claim] = {}
        for claim in claims:
            target = (self._names.get(claim.target, ""), claim.hour)
            if target not in best or claim.surety > best[target].surety:
                best[target] = claim
        found = (self._trial(target, hour, claim, mine) for (target, hour), claim in best.items())
        return [trial for trial, pool in found if trial is not None and pool and (of_hasty or not pool.shape.hasty)]

    def _trial(self, target: str, hour: datetime, claim: Claim, mine: set[str]) -> tuple[Trial | None, Pool | None]:
        pool, other = self._pool_of.get(target), self._bond.get(target)
        batch = self.batches.get((pool.name, hour)) if pool else None
        if pool is None or batch is None or other is None or other in mine:
            return None, pool
        is_payer = target in pool.bonds
        side, others = (batch.payers, batch.households) if is_payer else (batch.households, batch.payers)
        if target not in side or other not in others:
            return None, pool
        candidates = len(others - mine)
        smallest = (batch.households_min if is_payer else batch.payers_min) - len(others & mine)
        bound = 1 / max(candidates, batch.k)
        return Trial(
            bound, candidates, smallest, claim.surety, self._names.get(claim.named) == other, pool.shape.hasty
        ), pool

    def too_small(self, own: Iterable[str] = ()) -> list[tuple[str, datetime]]:
        """Batches in which fewer than k are on one side that are not the role's own."""
        mine = {self._names[one] for one in own}
        return [
            where
            for where, batch in self.batches.items()
            if min(len(batch.payers - mine), len(batch.households - mine)) < batch.k
        ]
