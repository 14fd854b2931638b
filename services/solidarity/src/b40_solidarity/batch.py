"""Closing a batch of a pool: which needs are ordered and which gifts are spent, as a whole. No pair is computed."""

from collections.abc import Collection, Sequence
from random import Random
from typing import NamedTuple

from b40_solidarity import leaving, ordering, spending, thresholds
from b40_solidarity.ordering import Ordered
from b40_solidarity.parties import Gift, Need, Rules
from b40_solidarity.spending import Chosen, Spent


class Batch(NamedTuple):
    """Gifts that together, with what was carried, pay needs; ``left`` are those that chance left for later ones."""

    gifts: Sequence[Spent]
    needs: Sequence[Ordered]
    carried_in_minor: int
    rules: Rules
    left_needs: Sequence[Need] = ()
    left_gifts: Sequence[Gift] = ()

    @property
    def spent_minor(self) -> int:
        """Sum of what is spent of the gifts."""
        return sum(one.amount_minor for one in self.gifts)

    @property
    def ordered_minor(self) -> int:
        """Sum of what is ordered of the needs."""
        return sum(one.amount_minor for one in self.needs)

    @property
    def carried_out_minor(self) -> int:
        """What is left over for later batches of the pool."""
        return self.carried_in_minor + self.spent_minor - self.ordered_minor

    @property
    def payers(self) -> int:
        """How many distinct payers are counted."""
        return thresholds.payers(one.gift for one in self.gifts)

    @property
    def households(self) -> int:
        """How many distinct households are counted: those of needs that are ordered whole."""
        return thresholds.households(one.need for one in self.needs if one.whole)


class Plan(NamedTuple):
    """What a batch under these rules would order, and the gifts that would pay it with what is carried."""

    rules: Rules
    needs: Sequence[Ordered]
    gifts: Chosen
    carried_in_minor: int


def close(needs: Collection[Need], gifts: Collection[Gift], carried_minor: int, chance: Random) -> Batch | None:
    """The batch that these make now, or None while either side has fewer than k + f distinct parties.

    The strictest rules of all that take part hold; those under stricter ones than can be kept are left waiting, so that
    they do not hold up the others.
    """
    waiting, offered = ordering.oldest_first(needs), ordering.oldest_first(gifts)[: spending.GIFTS_MAX]
    for kept in thresholds.from_strictest({one.rules for one in waiting} | {one.rules for one in offered}):
        able = [need for need in waiting if need.rules in kept]
        given = [gift for gift in offered if gift.rules in kept]
        plan = _plan(thresholds.strictest(kept), able, given, carried_minor)
        if plan is not None:
            return _with_some_left(plan, able, given, carried_minor, chance)
    return None


def _plan(rules: Rules, needs: Sequence[Need], gifts: Sequence[Gift], carried_minor: int) -> Plan | None:
    """The plan of a batch under these rules, or None."""
    if thresholds.households(needs) < rules.households or thresholds.payers(gifts) < rules.payers:
        return None
    spendable_minor = spending.spendable(gifts, rules.k)
    ordered = ordering.order(needs, spendable_minor + min(carried_minor, spendable_minor), rules.k)
    if thresholds.households(one.need for one in ordered if one.whole) < rules.households:
        return None
    ordered_minor = sum(one.amount_minor for one in ordered)
    carried_in_minor = min(carried_minor, ordered_minor // 2)
    chosen = spending.choose(gifts, ordered_minor - carried_in_minor, rules)
    return Plan(rules, ordered, chosen, carried_in_minor) if chosen else None


def _with_some_left(
    plan: Plan, needs: Sequence[Need], gifts: Sequence[Gift], carried_minor: int, chance: Random
) -> Batch:
    """The batch that closes without those that chance leaves: as many as were drawn, or as the threshold allows."""

    def without(left_needs: Sequence[Need], left_gifts: Sequence[Gift]) -> Plan | None:
        need_ids, gift_ids = {need.id for need in left_needs}, {gift.id for gift in left_gifts}
        others = [need for need in needs if need.id not in need_ids]
        return _plan(plan.rules, others, [gift for gift in gifts if gift.id not in gift_ids], carried_minor)

    left_needs = leaving.draw([one.need for one in plan.needs], chance)
    left_gifts = leaving.draw(plan.gifts.gifts, chance)
    found = without(left_needs, left_gifts)
    if found is None:
        left_needs = leaving.allowed(left_needs, lambda some: without(some, ()) is not None)
        left_gifts = leaving.allowed(left_gifts, lambda some: without(left_needs, some) is not None)
        found = without(left_needs, left_gifts)
    return _batch(found or plan, left_needs, left_gifts)


def _batch(plan: Plan, left_needs: Sequence[Need], left_gifts: Sequence[Gift]) -> Batch:
    spent = spending.spend(plan.gifts)
    return Batch(spent, plan.needs, plan.carried_in_minor, plan.rules, left_needs, left_gifts)
