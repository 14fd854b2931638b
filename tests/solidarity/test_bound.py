"""How long a need can wait, in money: the bound that the README states, on pools that live through many batches."""

from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from b40_solidarity.batch import Batch
from b40_solidarity.leaving import TIMES_MAX
from b40_solidarity.parties import Gift, Need
from b40_solidarity.shares import LARGEST_SHARE
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.solidarity.given import after
from tests.solidarity.waiting import RULES, STRICTER, close_with, ids

BATCHES_MAX = 60


@dataclass
class LivingPool:
    """A pool at one batch hour after the other: what is ordered goes, new needs and gifts come."""

    drawn: Random
    needs: dict[UUID, Need] = field(default_factory=dict)
    left: dict[UUID, int] = field(default_factory=dict)
    hour: int = 0
    numbers: int = 0

    def come(self, count: int) -> None:
        """So many needs of fourteen households come; some urgent, some very large, some under stricter rules."""
        for _ in range(count):
            self.numbers += 1
            need = Need(
                id=UUID(int=self.numbers),
                household=UUID(int=self.drawn.randrange(14)),
                amount_minor=self.drawn.choice((9_000, 12_500, self.drawn.randint(1, 30_000), 300_000)),
                since=after(self.hour),
                rules=self.drawn.choice((RULES, RULES, STRICTER)),
                urgent=self.drawn.random() < 0.3,
            )
            self.needs[need.id] = need

    def close(self) -> Batch | None:
        """The next hour: new gifts, a batch if one closes, and about as many new needs as it met."""
        self.hour += 1
        waiting = [one._replace(may_be_left=self.left.get(one.id, 0) < TIMES_MAX) for one in self.needs.values()]
        batch = close_with(waiting, self._gifts(), seed=self.drawn.randrange(1_000))
        if batch is not None:
            for one in batch.left_needs:
                self.left[one.id] = self.left.get(one.id, 0) + 1
            for need, amount_minor in batch.needs:
                rest = self.needs.pop(need.id)
                if amount_minor < need.amount_minor:
                    self.needs[need.id] = rest._replace(amount_minor=need.amount_minor - amount_minor)
        self.come(self.drawn.randint(2, 9))
        return batch

    def _gifts(self) -> list[Gift]:
        """Gifts of fifteen to thirty payers, which are all there is at this hour."""
        count = self.drawn.randint(15, 30)
        return [
            Gift(UUID(int=number), UUID(int=number), self.drawn.choice((5_000, 10_000, 25_000)), after(0), RULES)
            for number in range(count)
        ]


@settings(max_examples=60)
@given(st.integers(0, 2**32).map(Random), st.integers(10, 30))
def test_a_need_is_met_before_so_much_money_has_passed(drawn: Random, count: int) -> None:
    """BOUND: of batches that could take it, twice what it and older ones ask, and k/3 of what its household asks.

    Breaks if younger needs go first without limit, if urgent ones have more than half of the money, or if chance leaves
    the same one again and again.
    """
    pool = LivingPool(drawn)
    pool.come(count)
    oldest_first = sorted(pool.needs.values(), key=lambda one: (one.since, one.id))
    need = drawn.choice((oldest_first[0], drawn.choice(oldest_first)))
    older_minor = sum(one.amount_minor for one in pool.needs.values() if (one.since, one.id) <= (need.since, need.id))
    of_household = {one.id: one.amount_minor for one in pool.needs.values() if one.household == need.household}
    passed_minor = passed = left = k = 0
    for _ in range(BATCHES_MAX):
        batch = pool.close()
        of_household |= {one.id: one.amount_minor for one in pool.needs.values() if one.household == need.household} | (
            of_household
        )
        if need.id not in pool.needs:
            break
        if batch is not None and all(mine >= its for mine, its in zip(batch.rules, need.rules, strict=True)):
            if need.id in ids(batch.left_needs):
                left += 1
                continue
            passed, k = passed + 1, max(k, batch.rules.k)
            passed_minor += batch.ordered_minor
    assert left <= TIMES_MAX
    bound = 2 * older_minor + k * (sum(of_household.values()) + passed) / LARGEST_SHARE
    assert passed_minor <= bound
