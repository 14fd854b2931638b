"""Shares and levels, against the plainest computation."""

from b40_solidarity import shares
from hypothesis import given
from hypothesis import strategies as st

AMOUNTS = st.lists(st.integers(1, 60), max_size=12)


@given(AMOUNTS, st.integers(5, 14))
def test_the_largest_total_is_the_largest_in_which_nobody_has_more_than_three_k_ths(amounts: list[int], k: int) -> None:
    """INVARIANT: as trying every total finds it."""
    by_trying = max(
        total
        for total in range(sum(amounts) + 1)
        if sum(min(amount, shares.LARGEST_SHARE * total // k) for amount in amounts) >= total
    )
    assert shares.largest_total(amounts, k) == by_trying


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=400), st.integers(5, 1_000))
def test_what_parties_make_within_their_shares_is_the_total(amounts: list[int], k: int) -> None:
    total = shares.largest_total(amounts, k)
    assert sum(min(amount, shares.cap(total, k)) for amount in amounts) == total <= sum(amounts)


def test_few_parties_cannot_keep_to_their_shares() -> None:
    """Three of ten parts: three parties would make nine of them together at most."""
    assert shares.largest_total([100, 100, 100], 10) == 0
    assert shares.largest_total([100] * 4, 10) == 400
    assert shares.largest_total([1_000, 100, 100, 100], 10) == 428


@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.data())
def test_the_level_is_the_lowest_that_suffices(amounts: list[int], data: st.DataObject) -> None:
    wanted = data.draw(st.integers(1, sum(amounts)))
    by_trying = next(level for level in range(1, 61) if sum(min(amount, level) for amount in amounts) >= wanted)
    assert shares.level(amounts, wanted) == by_trying
