"""Which gifts a batch spends, and how much of each: the oldest, evenly, in whole coins, from payers enough."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import gcd
from typing import NamedTuple
from uuid import UUID

from b40_solidarity import shares
from b40_solidarity.parties import Gift, Rules

GIFTS_MAX = 4_000
"""Gifts in a batch at most; a fuller pool closes several at one hour."""


class Spent(NamedTuple):
    """What a batch spends of a gift; the rest of it waits."""

    gift: Gift
    amount_minor: int


class Chosen(NamedTuple):
    """The gifts of which a batch spends so many coins."""

    gifts: Sequence[Gift]
    coins: int
    coin_minor: int


def spendable(gifts: Sequence[Gift], k: int) -> int:
    """The most that a batch can spend of these gifts while no payer gives more than its share, minor units."""
    coin_minor = coin(gifts)
    return shares.largest_total(list(_coins(gifts, coin_minor).values()), k) * coin_minor


def coin(gifts: Sequence[Gift]) -> int:
    """What all of these gifts are multiples of: as long as only whole coins are spent, what is left of a gift is one of
    few amounts, and what a batch spent is not what it ordered, to the minor unit."""
    return gcd(*{gift.amount_minor for gift in gifts})


def choose(gifts: Sequence[Gift], wanted_minor: int, rules: Rules) -> Chosen | None:
    """The fewest of these gifts, which come oldest first, that give at least ``wanted_minor`` and have payers enough.

    None if no payers within their shares give so much.
    """
    coin_minor = _fine_enough(coin(gifts), wanted_minor, rules.payers)
    least = max(-(-wanted_minor // coin_minor), rules.payers)
    for coins in range(least, least + rules.k):
        count = _count(gifts, coins, coin_minor, rules)
        if count:
            return Chosen(gifts[:count], coins, coin_minor)
    return None


def spend(chosen: Chosen) -> list[Spent]:
    """Each payer gives all it has, up to a level that is as low as can be: the more alike, the less one stands out."""
    gives = _evenly(_coins(chosen.gifts, chosen.coin_minor), chosen.coins)
    spent = []
    for gift in chosen.gifts:
        left = gives[gift.payer]
        part = min(gift.amount_minor // chosen.coin_minor, left)
        if part:
            gives[gift.payer] = left - part
            spent.append(Spent(gift, part * chosen.coin_minor))
    return spent


def _fine_enough(coin_minor: int, wanted_minor: int, payers: int) -> int:
    """A tenth of the coin, and so on, while one of each payer is more than is wanted: else the carry would grow."""
    while coin_minor * payers > wanted_minor and coin_minor > 1:
        coin_minor = coin_minor // 10 if coin_minor % 10 == 0 else 1
    return coin_minor


def _count(gifts: Sequence[Gift], coins: int, coin_minor: int, rules: Rules) -> int:
    """How many of ``gifts`` it takes until payers of one group are enough and give so many coins, none above its share.

    0 if all of them are not enough.
    """
    most = shares.cap(coins, rules.k)
    groups: dict[tuple[str | None, UUID | None], set[UUID]] = defaultdict(set)
    given: dict[UUID, int] = {}
    sum_coins = counted = 0
    for number, (_, payer, amount_minor, _, _, group, _, _) in enumerate(gifts, 1):
        members = groups[group]
        members.add(payer)
        counted = max(counted, len(members))
        before = given.get(payer, 0)
        given[payer] = after = min(before + amount_minor // coin_minor, most)
        sum_coins += after - before
        if sum_coins >= coins and counted >= rules.payers:
            return number
    return 0


def _evenly(has: Mapping[UUID, int], coins: int) -> dict[UUID, int]:
    """What each payer gives of the coins it has; together a few more than ``coins`` if one of each payer is more."""
    level = shares.level(list(has.values()), coins)
    gives = {payer: min(amount, level) for payer, amount in has.items()}
    over = sum(gives.values()) - coins
    for payer in reversed(gives):
        if not over or level == 1:
            break
        if gives[payer] == level:
            gives[payer] -= 1
            over -= 1
    return gives


def _coins(gifts: Sequence[Gift], coin_minor: int) -> dict[UUID, int]:
    """How many coins each payer has, in the order of their first gifts."""
    has: dict[UUID, int] = defaultdict(int)
    for _, payer, amount_minor, *_ in gifts:
        has[payer] += amount_minor // coin_minor
    return has
