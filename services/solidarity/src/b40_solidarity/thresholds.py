"""How many distinct parties a batch has, and how many it must have: never fewer than k + f on either side."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

from b40_solidarity.parties import Gift, Need, Rules


def strictest(rules: Iterable[Rules]) -> Rules:
    """The rules that keep all of these."""
    payers, households, ks = zip(*rules, strict=True)
    return Rules(max(payers), max(households), max(ks))


def from_strictest(rules: Collection[Rules]) -> Iterator[frozenset[Rules]]:
    """All of these rules, then without the strictest, and so on: who came under those left out waits."""
    ordered = sorted(set(rules))
    while ordered:
        yield frozenset(ordered)
        ordered.pop()


def households(needs: Iterable[Need]) -> int:
    """How many distinct households these needs have, of those that count."""
    return len({need.household for need in needs if need.counts})


def payers(gifts: Iterable[Gift]) -> int:
    """How many distinct payers these gifts have: of the largest group, as others cannot be told apart from them."""
    groups: dict[tuple[str | None, UUID | None], set[UUID]] = defaultdict(set)
    for _, payer, _, _, _, group, _, _ in gifts:
        groups[group].add(payer)
    return max(map(len, groups.values()), default=0)
