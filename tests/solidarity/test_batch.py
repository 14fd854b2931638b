"""Closing a batch: enough parties, exact sums, oldest first, and neither side shapes the other."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from uuid import UUID

from b40_solidarity.batch import GIFTS_MAX, NEEDS_MAX, Batch, Gift, Need, close
from hypothesis import given
from hypothesis import strategies as st

from tests.solidarity.given import MONDAY, K, after, gift, need

DENOMINATIONS = (5_000, 10_000, 25_000)


PARTIES = st.integers(0, 9)
HOURS = st.integers(0, 100)
KS = st.sampled_from((5, 5, 5, 7))


def needs_strategy() -> st.SearchStrategy[list[Need]]:
    """Needs of ten households, of any amounts and ages."""
    one = st.tuples(PARTIES, st.integers(1, 40_000), HOURS, KS)
    return st.lists(one, min_size=8, max_size=25).map(
        lambda drawn: [
            Need(UUID(int=number), UUID(int=household), amount, after(hours), k)
            for number, (household, amount, hours, k) in enumerate(drawn)
        ]
    )


def gifts_strategy() -> st.SearchStrategy[list[Gift]]:
    """Gifts of ten payers, in denominations, of any ages."""
    one = st.tuples(PARTIES, st.sampled_from(DENOMINATIONS), HOURS, KS)
    return st.lists(one, min_size=8, max_size=25).map(
        lambda drawn: [
            Gift(UUID(int=number), UUID(int=payer), amount, after(hours), k)
            for number, (payer, amount, hours, k) in enumerate(drawn)
        ]
    )


CARRIED = st.integers(0, 50_000)


def closed(batch: Batch | None) -> Batch:
    assert batch is not None
    return batch


def of_distinct(count: int, amount_minor: int) -> list[Need]:
    return [need(f"need {number}", amount_minor, hours=number) for number in range(count)]


def by_distinct(count: int, amount_minor: int) -> list[Gift]:
    return [gift(f"gift {number}", amount_minor, hours=number) for number in range(count)]


def test_a_batch_closes_with_k_households_and_k_payers() -> None:
    batch = closed(close(of_distinct(K, 9_000), by_distinct(K, 10_000), 0))
    assert (batch.households, batch.payers, batch.k) == (K, K, K)
    assert (batch.spent_minor, batch.ordered_minor, batch.carried_out_minor) == (50_000, 45_000, 5_000)


def test_four_households_or_four_payers_are_too_few() -> None:
    assert close(of_distinct(K - 1, 1_000), by_distinct(K, 10_000), 0) is None
    assert close(of_distinct(K, 1_000), by_distinct(K - 1, 10_000), 0) is None


def test_one_payers_many_gifts_count_once() -> None:
    """Breaks if k counts gifts: then one who gives five times learns whose bills he paid."""
    flood = [gift(f"gift {number}", 25_000, payer="the same") for number in range(50)]
    assert close(of_distinct(K, 24_000), flood, 0) is None


def test_one_households_many_needs_count_once() -> None:
    many = [need(f"need {number}", 1_000, household="the same") for number in range(50)]
    assert close(many, by_distinct(K, 10_000), 0) is None


def test_what_is_carried_counts_for_no_payer() -> None:
    assert close(of_distinct(K, 1_000), [], 1_000_000) is None


def test_the_money_must_reach_k_households() -> None:
    """Breaks if a batch closes with fewer because the money ends."""
    assert close(of_distinct(10, 20_000), by_distinct(K, 10_000), 0) is None
    assert closed(close(of_distinct(10, 20_000), by_distinct(K, 10_000), 50_000)).households == K


def test_the_oldest_needs_are_met_and_the_first_that_the_money_does_not_reach_ends_it() -> None:
    needs = [*of_distinct(6, 9_000), need("big and next", 40_000, hours=6), need("small and last", 100, hours=7)]
    batch = closed(close(list(reversed(needs)), by_distinct(6, 10_000), 0))
    assert list(batch.needs) == needs[:6]


def test_gifts_that_are_not_wanted_wait() -> None:
    batch = closed(close(of_distinct(K, 1_000), by_distinct(9, 10_000), 0))
    assert [gift.since for gift in batch.gifts] == [gift.since for gift in by_distinct(K, 10_000)]


def test_when_money_suffices_only_further_payers_are_added() -> None:
    """Breaks if a second gift of the same payer is spent only to be carried."""
    again = gift("again", 10_000, payer="payer of gift 0")
    batch = closed(close(of_distinct(K, 1_000), [*by_distinct(K, 10_000), replace(again, since=MONDAY)], 0))
    assert len(batch.gifts) == K


def test_the_strictest_k_of_those_who_take_part_holds() -> None:
    needs = of_distinct(6, 5_000)
    strict = replace(by_distinct(1, 10_000)[0], k=7)
    batch = closed(close(needs, [strict, *by_distinct(7, 10_000)[1:]], 0))
    assert (batch.k, strict in batch.gifts) == (5, False)
    batch = closed(close(of_distinct(7, 5_000), [strict, *by_distinct(7, 10_000)[1:]], 0))
    assert (batch.k, strict in batch.gifts, batch.households >= 7, batch.payers >= 7) == (7, True, True, True)


def test_a_batch_has_an_upper_size() -> None:
    many_needs = [need(f"need {number}", 1) for number in range(NEEDS_MAX + 1)]
    many_gifts = [gift(f"gift {number}", 1) for number in range(GIFTS_MAX + 1)]
    batch = closed(close(many_needs, many_gifts, 0))
    assert (len(batch.needs), len(batch.gifts)) == (NEEDS_MAX, NEEDS_MAX)


@given(needs_strategy(), gifts_strategy(), CARRIED)
def test_no_unit_is_made_or_lost(needs: list[Need], gifts: list[Gift], carried: int) -> None:
    """INVARIANT: carried in + spent = ordered + carried out, and nothing is below zero."""
    batch = close(needs, gifts, carried)
    if batch is not None:
        assert carried + batch.spent_minor == batch.ordered_minor + batch.carried_out_minor
        assert batch.carried_out_minor >= 0


@given(needs_strategy(), gifts_strategy(), CARRIED)
def test_never_fewer_than_k(needs: list[Need], gifts: list[Gift], carried: int) -> None:
    """INVARIANT: at least k distinct households and payers, k being the strictest of all that take part."""
    batch = close(needs, gifts, carried)
    if batch is not None:
        strictest = max([party.k for party in batch.needs] + [party.k for party in batch.gifts])
        payers, households = {gift.payer for gift in batch.gifts}, {need.household for need in batch.needs}
        assert min(len(payers), len(households)) >= batch.k >= strictest >= 5
        assert (batch.payers, batch.households) == (len(payers), len(households))


@given(needs_strategy(), gifts_strategy(), CARRIED)
def test_nobody_is_paid_twice_and_nobody_gives_twice(needs: list[Need], gifts: list[Gift], carried: int) -> None:
    batch = close(needs, gifts, carried)
    if batch is not None:
        assert len({need.id for need in batch.needs}) == len(batch.needs)
        assert set(batch.needs) <= set(needs)
        assert len({gift.id for gift in batch.gifts}) == len(batch.gifts)
        assert set(batch.gifts) <= set(gifts)


@given(needs_strategy(), gifts_strategy(), CARRIED)
def test_no_need_is_passed_over_for_a_younger_one(needs: list[Need], gifts: list[Gift], carried: int) -> None:
    """INVARIANT: of those whose k can be kept, what is met is older than what is not."""
    batch = close(needs, gifts, carried)
    if batch is not None:
        able = sorted((need for need in needs if need.k <= batch.k), key=lambda need: (need.since, need.id))
        assert list(batch.needs) == able[: len(batch.needs)]


@given(st.randoms(use_true_random=False), needs_strategy(), gifts_strategy(), CARRIED)
def test_the_order_of_arrival_changes_nothing(
    chance: Random, needs: list[Need], gifts: list[Gift], carried: int
) -> None:
    in_order = close(needs, gifts, carried)
    chance.shuffle(needs)
    chance.shuffle(gifts)
    assert close(needs, gifts, carried) == in_order


@given(st.permutations(range(8)), needs_strategy(), CARRIED)
def test_which_payer_gave_what_leaves_the_needs_as_they_are(
    order: Sequence[int], needs: list[Need], carried: int
) -> None:
    """SWAP: exchanging payers among the gifts of a batch changes no byte of what the needs side is told."""
    gifts = by_distinct(8, 25_000)
    swapped = [replace(one, payer=gifts[other].payer) for one, other in zip(gifts, order, strict=True)]
    given_so, swapped_so = close(needs, gifts, carried), close(needs, swapped, carried)
    assert (given_so and given_so.needs) == (swapped_so and swapped_so.needs)
