"""Closing a batch: enough parties, exact sums, oldest first, and neither side shapes the other."""

from collections import Counter
from uuid import UUID

import pytest
from b40_solidarity.parties import Rules

from tests.solidarity.waiting import (
    GROUPS,
    RULES,
    STRICTER,
    close_with,
    closed,
    gift,
    gifts_of_distinct,
    ids,
    need,
    needs_of_distinct,
)

HOUSEHOLDS, PAYERS = RULES.households, RULES.payers


def test_a_batch_closes_with_k_and_f_households_and_k_and_f_payers() -> None:
    """Seven households and nine payers: k = 5, two households and four payers that one attacker may control."""
    assert Rules.of(k=5, f_payers=4, f_households=2) == RULES
    batch = closed(close_with(needs_of_distinct(7, 9_000), gifts_of_distinct(9, 10_000)))
    assert (batch.households, batch.payers, batch.rules) == (HOUSEHOLDS, PAYERS, (9, 7, 5))
    assert (batch.spent_minor, batch.ordered_minor, batch.carried_out_minor) == (63_000, 63_000, 0)


def test_one_household_or_one_payer_less_is_too_few() -> None:
    """Breaks if k counts without f: who controls f of the parties would know k of them alone are others'."""
    assert close_with(needs_of_distinct(HOUSEHOLDS - 1, 1_000), gifts_of_distinct(PAYERS, 10_000)) is None
    assert close_with(needs_of_distinct(HOUSEHOLDS, 1_000), gifts_of_distinct(PAYERS - 1, 10_000)) is None


def test_one_payers_many_gifts_count_once() -> None:
    """Breaks if k counts gifts: then one who gives often learns whose bills he paid."""
    others = gifts_of_distinct(PAYERS - 2, 10_000)
    flood = [gift(f"again {number}", 25_000, payer="the same") for number in range(50)]
    assert close_with(needs_of_distinct(HOUSEHOLDS, 9_000), [*others, *flood]) is None
    assert close_with(needs_of_distinct(HOUSEHOLDS, 9_000), [*others, *flood, gift("one more", 5_000)])
    younger = gifts_of_distinct(PAYERS, 10_000)
    assert closed(close_with(needs_of_distinct(HOUSEHOLDS, 9_000), [*flood, *younger])).payers == PAYERS


def test_one_households_many_needs_count_once() -> None:
    many = [need(f"need {number}", 1_000, household="the same") for number in range(50)]
    others = [need(f"other {number}", 1_000) for number in range(HOUSEHOLDS - 2)]
    assert close_with([*many, *others], gifts_of_distinct(PAYERS, 10_000)) is None
    assert close_with([*many, *others, need("one more", 1_000)], gifts_of_distinct(PAYERS, 10_000))


@pytest.mark.parametrize("other", GROUPS[1:], ids=["another epoch", "another partner"])
def test_payers_of_one_epoch_and_partner_are_counted_alone(other: tuple[str, UUID]) -> None:
    """Breaks if a payer counts twice because its token changed, or because it pays in two ways."""
    gifts = gifts_of_distinct(PAYERS, 10_000, group=GROUPS[0])
    needs = needs_of_distinct(HOUSEHOLDS, 9_000)
    assert closed(close_with(needs, gifts)).payers == PAYERS
    gifts[0] = gifts[0]._replace(group=other)
    assert close_with(needs, gifts) is None
    batch = closed(close_with(needs, [*gifts, gift("one more", 5_000, group=GROUPS[0], hours=20)]))
    assert (batch.payers, len(batch.gifts)) == (PAYERS, PAYERS + 1)


def test_what_is_carried_counts_for_no_payer_and_is_half_at_most() -> None:
    """Breaks if a batch is paid mostly by gifts whose payers were counted in another one."""
    needs = needs_of_distinct(HOUSEHOLDS, 9_000)
    assert close_with(needs, gifts_of_distinct(PAYERS - 1, 10_000), 1_000_000) is None
    batch = closed(close_with(needs, gifts_of_distinct(PAYERS, 10_000), 1_000_000))
    assert (batch.carried_in_minor, batch.spent_minor, batch.carried_out_minor) == (31_500, 32_000, 500)
    many = closed(close_with(needs_of_distinct(60, 9_000), gifts_of_distinct(PAYERS, 10_000), 1_000_000))
    assert (many.carried_in_minor, many.spent_minor, many.ordered_minor) == (90_000, 90_000, 180_000)


def test_households_that_do_not_count_are_helped_and_not_counted() -> None:
    """Of a city that does not vouch against double attestation, where pools merge."""
    unvouched = need("unvouched", 9_000, counts=False)
    needs = [unvouched, *needs_of_distinct(HOUSEHOLDS - 1, 9_000)]
    assert close_with(needs, gifts_of_distinct(PAYERS, 10_000)) is None
    batch = closed(close_with([*needs, need("one more", 9_000)], gifts_of_distinct(PAYERS, 10_000)))
    assert (batch.households, unvouched in [one.need for one in batch.needs]) == (HOUSEHOLDS, True)


def test_the_money_must_reach_enough_households() -> None:
    """Breaks if a batch closes with fewer because the money ends."""
    gifts = gifts_of_distinct(PAYERS, 10_000)
    assert close_with(needs_of_distinct(10, 14_000), gifts) is None
    assert closed(close_with(needs_of_distinct(10, 14_000), gifts, 8_000)).households == HOUSEHOLDS


def test_the_last_need_is_paid_in_part_and_does_not_count() -> None:
    batch = closed(close_with(needs_of_distinct(10, 12_000), gifts_of_distinct(PAYERS, 10_000)))
    assert [one.amount_minor for one in batch.needs] == [12_000] * 7 + [6_000]
    assert (batch.households, batch.needs[-1].whole) == (7, False)


def test_a_need_above_its_share_is_paid_in_parts() -> None:
    """k = 5: three fifths at most, and the others still count."""
    large = need("large", 900_000, household="large")
    batch = closed(close_with([large, *needs_of_distinct(7, 10_000)], gifts_of_distinct(PAYERS, 25_000)))
    assert batch.needs[0] == (large, 105_000)
    assert (batch.households, batch.ordered_minor) == (7, 175_000)


def test_who_gives_more_than_its_share_gives_the_rest_later() -> None:
    large = gift("large", 1_000_000)
    batch = closed(close_with(needs_of_distinct(12, 10_000), [large, *gifts_of_distinct(8, 5_000)]))
    spent = {one.gift: one.amount_minor for one in batch.gifts}
    assert (spent[large], batch.spent_minor, batch.ordered_minor) == (60_000, 100_000, 100_000)


def test_when_money_suffices_payers_give_alike() -> None:
    """Breaks if one gift pays most of a batch while those of the other payers are there for the count alone."""
    gifts = [gift("first", 25_000), *gifts_of_distinct(PAYERS + 5, 10_000)]
    batch = closed(close_with(needs_of_distinct(HOUSEHOLDS, 9_000), gifts))
    assert {one.amount_minor for one in batch.gifts} == {5_000, 10_000}
    assert (len(batch.gifts), batch.spent_minor, batch.carried_out_minor) == (PAYERS, 65_000, 2_000)


def test_gifts_that_are_not_wanted_wait() -> None:
    gifts = gifts_of_distinct(20, 10_000)
    batch = closed(close_with(needs_of_distinct(HOUSEHOLDS, 9_000), gifts))
    assert ids(one.gift for one in batch.gifts) == ids(gifts[:PAYERS])


def test_the_strictest_rules_of_those_who_take_part_hold() -> None:
    """Rules of k = 7 want nine households and thirteen payers; who came under them waits and holds up nobody."""
    strict = gift("strict", 10_000, rules=STRICTER)
    batch = closed(close_with(needs_of_distinct(8, 5_000), [strict, *gifts_of_distinct(12, 10_000)]))
    assert (batch.rules, strict in [one.gift for one in batch.gifts]) == (RULES, False)
    batch = closed(close_with(needs_of_distinct(9, 9_000), [strict, *gifts_of_distinct(12, 10_000)]))
    assert (batch.rules, strict in [one.gift for one in batch.gifts]) == (STRICTER, True)
    assert (batch.households, batch.payers) == (9, 13)


def test_chance_leaves_a_tenth_to_three_tenths_and_none_that_was_left_twice() -> None:
    """Breaks if nobody is ever left, or always the same: then the same two meet batch after batch."""
    needs = needs_of_distinct(60, 9_000, may_be_left=True)
    gifts = gifts_of_distinct(60, 10_000, may_be_left=True)
    spared = [needs[0].id, gifts[0].id]
    needs[0], gifts[0] = needs[0]._replace(may_be_left=False), gifts[0]._replace(may_be_left=False)
    left_needs: Counter[UUID] = Counter()
    counts = set()
    for seed in range(40):
        batch = closed(close_with(needs, gifts, seed=seed))
        counts |= {len(batch.left_needs), len(batch.left_gifts)}
        left_needs.update(ids(batch.left_needs))
        assert not set(spared) & {*ids(batch.left_needs), *ids(batch.left_gifts)}
    assert min(counts) >= 6
    assert max(counts) <= 18
    assert len(counts) > 5
    assert len(left_needs) > 50
    assert max(left_needs.values()) < 20


def test_chance_leaves_none_that_the_threshold_needs() -> None:
    """Breaks if a batch that has just enough parties does not close for chance."""
    needs = needs_of_distinct(HOUSEHOLDS, 9_000, may_be_left=True)
    gifts = gifts_of_distinct(PAYERS, 10_000, may_be_left=True)
    for seed in range(20):
        batch = closed(close_with(needs, gifts, seed=seed))
        assert (len(batch.left_needs), len(batch.left_gifts)) == (0, 0)
        batch = closed(close_with(needs, gifts_of_distinct(PAYERS + 20, 10_000, may_be_left=True), seed=seed))
        assert (len(batch.left_needs), len(batch.left_gifts) > 0) == (0, True)
