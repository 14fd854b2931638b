"""The same two, batch after batch: many months of a pool through the rules of the matcher alone, without an app.

It shows for how many batches a bond stays hidden from who knows who gave and who was helped in each: nobody who knows
both sides of one batch learns more than the bound, but what it knows of many it lays over each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from b40_solidarity.batch import Batch, close
from b40_solidarity.hours import whole_hour
from b40_solidarity.parties import Gift, Need, Rules

from tests.solidarity.attackers.city import Asked, Given, Pool, Shape, summer
from tests.solidarity.attackers.joins import Eyes, Sight, by_intersection
from tests.solidarity.attackers.judging import Trial
from tests.solidarity.given import named

K = 10
RULES = Rules.of(K, K - 1, 2)
SMALLEST = Shape(24, 12, 7, 0)
UP_TO_TWICE = Shape(40, 20, 7, 0)
LARGER = Shape(100, 50, 7, 0)
"""Pools in which each pair comes to every other batch, with k and f as policies have them unless they say otherwise."""
FLOODED = Shape(20, 10, 0, 0, own_payers=K - 1, own_households=2)
FEW_HOUSEHOLDS = Shape(24, 8, 15, 0, thin=True)
LEFT_MAX = 2


@dataclass(slots=True)
class Waiting:
    """What waits in a pool, by name of its party."""

    needs: dict[UUID, tuple[str, Need]] = field(default_factory=dict)
    gifts: dict[UUID, tuple[str, Gift]] = field(default_factory=dict)
    left: dict[UUID, int] = field(default_factory=dict)
    carried_minor: int = 0

    def let_wait(self, asked: list[Asked], given: list[Given]) -> None:
        """What came since the last batch hour."""
        for one in asked:
            id_ = named(f"need {one.household} {one.number}")
            self.needs[id_] = (
                one.household,
                Need(id_, named(one.household), one.amount_minor, whole_hour(one.at), RULES, urgent=one.urgent),
            )  # fmt: skip
        for gift in given:
            id_ = named(f"gift {gift.payer} {gift.number}")
            self.gifts[id_] = (
                gift.payer, Gift(id_, named(gift.payer), gift.amount_minor, whole_hour(gift.at), RULES),
            )  # fmt: skip

    def close(self, chance: Random) -> Batch | None:
        """The batch that closes now, taken out of what waits."""
        needs = [need._replace(may_be_left=self.left.get(need.id, 0) < LEFT_MAX) for _, need in self.needs.values()]
        gifts = [gift._replace(may_be_left=self.left.get(gift.id, 0) < LEFT_MAX) for _, gift in self.gifts.values()]
        batch = close(needs, gifts, self.carried_minor, chance)
        if batch is not None:
            self.carried_minor += batch.spent_minor - batch.ordered_minor
            for id_ in [*(need.id for need in batch.left_needs), *(gift.id for gift in batch.left_gifts)]:
                self.left[id_] = self.left.get(id_, 0) + 1
        return batch

    def take(self, batch: Batch) -> tuple[set[str], set[str]]:
        """The payers and the households of a batch; what is left of their gifts and needs waits on."""
        payers, households = set(), set()
        for spent, amount_minor in batch.gifts:
            who, gift = self.gifts.pop(spent.id)
            payers.add(who)
            if gift.amount_minor > amount_minor:
                self.gifts[gift.id] = (who, gift._replace(amount_minor=gift.amount_minor - amount_minor))
        for ordered, amount_minor in batch.needs:
            who, need = self.needs.pop(ordered.id)
            households.add(who)
            if need.amount_minor > amount_minor:
                self.needs[need.id] = (who, need._replace(amount_minor=need.amount_minor - amount_minor))
        return payers, households


def batches(seed: int, months: int, shape: Shape) -> Iterator[tuple[datetime, set[str], set[str], Pool]]:
    """Who gave and who was helped in each batch of a pool."""
    made, waiting, chance = summer(seed, months, {("TRIST", "water-bill", "TRY"): shape}), Waiting(), Random(seed)
    for hour, (asked, given) in zip(made.hours, made.weeks, strict=True):
        waiting.let_wait(asked, given)
        batch = waiting.close(chance)
        if batch is not None:
            yield hour, *waiting.take(batch), made.pools[0]


def trials(seed: int, months: int, shape: Shape) -> dict[int, list[Trial]]:
    """By the number of batches that a payer was in so far, what laying them over each other tells of its household."""
    payers, households, sizes = list[Sight](), list[Sight](), dict[datetime, int]()
    bonds: dict[str, str] = {}
    for hour, gave, helped, pool in batches(seed, months, shape):
        bonds = pool.bonds
        payers += [Sight(who, hour) for who in sorted(gave)]
        households += [Sight(who, hour) for who in sorted(helped)]
        sizes[hour] = len(helped)
    found: dict[int, list[Trial]] = {}
    together = {(sight.who, sight.hour) for sight in households}
    for claim in by_intersection(Eyes(payers, households)):
        other = bonds.get(claim.target, "")
        if (other, claim.hour) in together:
            so_far = sum(sight.who == claim.target and sight.hour <= claim.hour for sight in payers)
            size = sizes[claim.hour]
            trial = Trial(1 / max(size, K), size, RULES.households, claim.surety, claim.named == other)
            found.setdefault(so_far, []).append(trial)
    return found
