"""Nobody has too large a share of a batch: no payer gives, and no household receives, more than 3/k of its money."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

LARGEST_SHARE = 3
"""In k-ths. With one, all would have to give alike, and a batch of k would never close; a party with half of a batch
would be most of what the others see. Three keeps the largest share at 30 % for the usual k of ten."""


def cap(total: int, k: int) -> int:
    """The most that one party may have of ``total``."""
    return LARGEST_SHARE * total // k


def largest_total(amounts: Sequence[int], k: int) -> int:
    """The most that parties with these amounts can make together while nobody has more than its share of it."""
    ascending = sorted(amounts)
    sums = [0, *accumulate(ascending)]
    total = _without_rounding(ascending, sums, k)
    while (next_total := _capped(ascending, sums, cap(total, k))) < total:
        total = next_total
    return total


def level(amounts: Sequence[int], wanted: int) -> int:
    """The lowest level at which parties that give what they have, up to it, give ``wanted`` together.

    The amounts must suffice.
    """
    missing, left = wanted, len(amounts)
    for amount in sorted(amounts):
        if amount * left >= missing:
            return -(-missing // left)
        missing -= amount
        left -= 1
    raise AssertionError("the amounts do not suffice")


def _capped(ascending: Sequence[int], sums: Sequence[int], most: int) -> int:
    below = bisect_right(ascending, most)
    return sums[below] + (len(ascending) - below) * most


def _without_rounding(ascending: Sequence[int], sums: Sequence[int], k: int) -> int:
    """Not less than the largest total, and close to it: the ``above`` largest have 3/k of it each."""
    for above in range(len(ascending) + 1):
        within = len(ascending) - above
        parts = k - LARGEST_SHARE * above
        assert parts > 0, "the largest of so many have no more than their share"
        total = k * sums[within] // parts + 1
        if not within or k * ascending[within - 1] <= LARGEST_SHARE * total:
            return min(total, sums[-1])
    raise AssertionError("without any amount the loop has returned")
