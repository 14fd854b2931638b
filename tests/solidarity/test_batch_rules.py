"""What holds of every batch, whatever waits: sums, thresholds, shares, order, chance; neither side shapes the other."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from uuid import UUID

from b40_solidarity import shares, thresholds
from b40_solidarity.batch import Batch
from b40_solidarity.parties import Gift, Need
from hypothesis import given
from hypothesis import strategies as st

from tests.solidarity.waiting import (
    CARRIED,
    GROUPS,
    SEEDS,
    close_with,
    gift,
    gifts_strategy,
    ids,
    need,
    needs_strategy,
)

ANY = given(needs_strategy(), gifts_strategy(), CARRIED, SEEDS)


@ANY
def test_no_unit_is_made_or_lost(needs: list[Need], gifts: list[Gift], carried: int, seed: int) -> None:
    """INVARIANT: carried in + spent = ordered + carried out; nobody is paid or gives more than there is."""
    batch = close_with(needs, gifts, carried, seed)
    if batch is not None:
        assert batch.carried_in_minor + batch.spent_minor == batch.ordered_minor + batch.carried_out_minor
        assert 0 <= batch.carried_in_minor <= min(carried, batch.ordered_minor / 2)
        assert batch.carried_out_minor >= 0
        assert all(0 < one.amount_minor <= one.need.amount_minor for one in batch.needs)
        assert all(0 < one.amount_minor <= one.gift.amount_minor for one in batch.gifts)
        for taken, waiting in (
            (ids(one.need for one in batch.needs), needs),
            (ids(one.gift for one in batch.gifts), gifts),
        ):
            assert len(set(taken)) == len(taken)
            assert set(taken) <= set(ids(waiting))


@ANY
def test_never_fewer_than_k_and_f(needs: list[Need], gifts: list[Gift], carried: int, seed: int) -> None:
    """INVARIANT: at least k + f distinct parties on each side, by the strictest rules of all that take part."""
    batch = close_with(needs, gifts, carried, seed)
    if batch is not None:
        strictest = thresholds.strictest(
            [one.need.rules for one in batch.needs] + [one.gift.rules for one in batch.gifts]
        )
        assert all(mine >= theirs for mine, theirs in zip(batch.rules, strictest, strict=True))
        whole = {
            one.need.household for one in batch.needs if one.amount_minor == one.need.amount_minor and one.need.counts
        }
        by_group = [{one.gift.payer for one in batch.gifts if one.gift.group == group} for group in GROUPS]
        assert batch.households == len(whole) >= batch.rules.households >= 7
        assert batch.payers == max(map(len, by_group)) >= batch.rules.payers >= 9


@ANY
def test_nobody_has_more_than_three_k_ths(needs: list[Need], gifts: list[Gift], carried: int, seed: int) -> None:
    """INVARIANT: of what the gifts spend, and of what the needs are paid."""
    batch = close_with(needs, gifts, carried, seed)
    if batch is not None:
        receives: Counter[UUID] = Counter()
        gives: Counter[UUID] = Counter()
        for need_, amount in batch.needs:
            receives[need_.household] += amount
        for gift_, amount in batch.gifts:
            gives[gift_.payer] += amount
        assert max(receives.values()) <= shares.LARGEST_SHARE * batch.ordered_minor / batch.rules.k
        assert max(gives.values()) <= shares.LARGEST_SHARE * batch.spent_minor / batch.rules.k


@ANY
def test_at_most_one_need_is_part_paid_for_want_of_money(
    needs: list[Need], gifts: list[Gift], carried: int, seed: int
) -> None:
    """INVARIANT: and it comes last; all others in part have their household's whole share."""
    batch = close_with(needs, gifts, carried, seed)
    if batch is not None:
        receives: Counter[UUID] = Counter()
        for need_, amount in batch.needs:
            receives[need_.household] += amount
        share = shares.cap(batch.ordered_minor, batch.rules.k)
        in_part = [one for one in batch.needs if not one.whole and receives[one.need.household] < share]
        assert in_part in ([], [batch.needs[-1]])


@ANY
def test_no_need_is_passed_over_for_a_younger_one(
    needs: list[Need], gifts: list[Gift], carried: int, seed: int
) -> None:
    """INVARIANT: but for urgent ones, those that chance left, and those whose household has its share already."""
    batch = close_with(needs, gifts, carried, seed)
    if batch is not None:
        passed = _passed_over(batch, needs)
        youngest = max(((one.need.since, one.need.id) for one in batch.needs if not one.need.urgent), default=None)
        assert [one for one in passed if youngest is not None and (one.since, one.id) < youngest] == []


def _passed_over(batch: Batch, needs: Sequence[Need]) -> list[Need]:
    """Needs that could have been ordered under the batch's rules, and were not."""
    taken = set(ids(one.need for one in batch.needs)) | set(ids(batch.left_needs))
    share = shares.cap(batch.ordered_minor, batch.rules.k)
    receives: Counter[UUID] = Counter()
    for need_, amount in batch.needs:
        receives[need_.household] += amount
    return [
        one
        for one in needs
        if one.id not in taken
        and all(mine >= theirs for mine, theirs in zip(batch.rules, one.rules, strict=True))
        and receives[one.household] < share
    ]


@ANY
def test_urgent_needs_have_half_of_the_money_while_others_wait(
    needs: list[Need], gifts: list[Gift], carried: int, seed: int
) -> None:
    """INVARIANT: what urgent needs get before their turn is not more than what others get."""
    batch = close_with(needs, gifts, carried, seed)
    if batch is not None and [one for one in _passed_over(batch, needs) if not one.urgent]:
        turns = [index for index, one in enumerate(batch.needs) if not one.need.urgent]
        before_turn = batch.needs[: turns[0]] if turns else batch.needs
        oldest = min((one.need.since, one.need.id) for one in batch.needs[len(before_turn) :] or batch.needs)
        early = [one for one in before_turn if (one.need.since, one.need.id) > oldest]
        assert sum(one.amount_minor for one in early) <= batch.ordered_minor / 2


@ANY
def test_only_so_many_are_left_and_only_those_that_may_be(
    needs: list[Need], gifts: list[Gift], carried: int, seed: int
) -> None:
    batch = close_with(needs, gifts, carried, seed)
    if batch is not None:
        assert all(one.may_be_left for one in batch.left_needs)
        assert all(one.may_be_left for one in batch.left_gifts)
        assert not set(ids(batch.left_needs)) & set(ids(one.need for one in batch.needs))
        assert not set(ids(batch.left_gifts)) & set(ids(one.gift for one in batch.gifts))


@given(st.randoms(use_true_random=False), needs_strategy(), gifts_strategy(), CARRIED, SEEDS)
def test_the_order_of_arrival_changes_nothing(
    order: Random, needs: list[Need], gifts: list[Gift], carried: int, seed: int
) -> None:
    """Deterministic: the same that wait and the same chance give the same batch."""
    in_order = close_with(needs, gifts, carried, seed)
    order.shuffle(needs)
    order.shuffle(gifts)
    assert close_with(needs, gifts, carried, seed) == in_order


@given(st.permutations(range(14)), needs_strategy(), CARRIED, SEEDS)
def test_which_payer_gave_what_leaves_the_needs_as_they_are(
    order: Sequence[int], needs: list[Need], carried: int, seed: int
) -> None:
    """SWAP: exchanging payers among the gifts of a batch changes nothing of what is ordered and left."""
    gifts = [
        gift(f"gift {number}", 25_000 + 5_000 * (number % 3), hours=number, may_be_left=number % 2 == 0)
        for number in range(14)
    ]
    swapped = [one._replace(payer=gifts[other].payer) for one, other in zip(gifts, order, strict=True)]
    given_so, swapped_so = close_with(needs, gifts, carried, seed), close_with(needs, swapped, carried, seed)
    assert (given_so and (given_so.needs, given_so.left_needs)) == (
        swapped_so and (swapped_so.needs, swapped_so.left_needs)
    )


@given(st.permutations(range(12)), gifts_strategy(), CARRIED, SEEDS)
def test_which_household_asked_what_leaves_the_gifts_as_they_are(
    order: Sequence[int], gifts: list[Gift], carried: int, seed: int
) -> None:
    """SWAP: exchanging households among the needs of a batch changes nothing of what is spent and left."""
    needs = [
        need(f"need {number}", 9_000 + 1_000 * (number % 3), hours=number, may_be_left=number % 2 == 0)
        for number in range(12)
    ]
    swapped = [one._replace(household=needs[other].household) for one, other in zip(needs, order, strict=True)]
    asked_so, swapped_so = close_with(needs, gifts, carried, seed), close_with(swapped, gifts, carried, seed)
    assert (asked_so and (asked_so.gifts, asked_so.left_gifts)) == (
        swapped_so and (swapped_so.gifts, swapped_so.left_gifts)
    )
