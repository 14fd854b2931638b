"""Chance leaves some of a batch's needs and gifts for the next, so that the same two do not meet batch after batch."""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

from b40_solidarity.parties import Gift, Need

LEAST_PERCENT, MOST_PERCENT = 10, 30
TIMES_MAX = 2
"""How often chance may leave a need or a gift; after that it is taken in its turn."""

T = TypeVar("T", Need, Gift)


def draw(of_batch: Sequence[T], chance: Random) -> list[T]:
    """10 to 30 % of a batch's needs, or gifts, in the order in which they are left; fewer if not so many may be."""
    count = len(of_batch)
    least = -(-count * LEAST_PERCENT // 100)
    wanted = chance.randint(least, max(least, count * MOST_PERCENT // 100))
    able = [one for one in of_batch if one.may_be_left]
    return chance.sample(able, min(wanted, len(able)))


def allowed(drawn: list[T], is_allowed: Callable[[list[T]], bool]) -> list[T]:
    """All that were drawn, or half of them, and so on, until the batch closes without them; none if it never does."""
    while drawn and not is_allowed(drawn):
        drawn = drawn[: len(drawn) // 2]
    return drawn
