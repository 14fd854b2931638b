"""Needs and gifts that wait for a batch: each has a default for everything, or hypothesis draws it."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any
from uuid import UUID

from b40_solidarity.batch import Batch, close
from b40_solidarity.parties import Gift, Need, Rules
from hypothesis import strategies as st

from tests.solidarity.given import after, named

K = 5
RULES = Rules(payers=9, households=7, k=K)
"""Of a policy with k = 5 and what is usual beside it: nine payers and seven households."""
STRICTER = Rules(payers=13, households=9, k=7)
DENOMINATIONS = (5_000, 10_000, 25_000)
GROUPS = (("2022-q3", named("a partner")), ("2022-q4", named("a partner")), ("2022-q3", named("another")))


def chance(seed: int = 0) -> Random:
    return Random(seed)


def need(name: str, amount_minor: int, *, household: str | None = None, hours: int = 0, **changes: Any) -> Need:
    waiting = Need(named(name), named(household or f"household of {name}"), amount_minor, after(hours), RULES)
    return waiting._replace(**{"may_be_left": False, **changes})


def gift(name: str, amount_minor: int, *, payer: str | None = None, hours: int = 0, **changes: Any) -> Gift:
    waiting = Gift(named(name), named(payer or f"payer of {name}"), amount_minor, after(hours), RULES)
    return waiting._replace(**{"may_be_left": False, **changes})


def needs_of_distinct(count: int, amount_minor: int, **changes: Any) -> list[Need]:
    """Needs of so many households, one an hour; chance leaves none of them."""
    return [need(f"need {number}", amount_minor, hours=number, **changes) for number in range(count)]


def gifts_of_distinct(count: int, amount_minor: int, **changes: Any) -> list[Gift]:
    """Gifts of so many payers, one an hour; chance leaves none of them."""
    return [gift(f"gift {number}", amount_minor, hours=number, **changes) for number in range(count)]


def closed(batch: Batch | None) -> Batch:
    assert batch is not None
    return batch


def ids(parties: Iterable[Need] | Iterable[Gift]) -> list[UUID]:
    return [party.id for party in parties]


CARRIED = st.one_of(st.just(0), st.integers(0, 400_000))
SEEDS = st.integers(0, 1_000)
DRAWN = st.integers(0, 2**32).map(Random)


def needs_strategy() -> st.SearchStrategy[list[Need]]:
    """Needs of up to 25 households, of any amounts and ages; some urgent, some of unvouched households."""
    return st.builds(_needs, st.integers(10, 60), st.integers(8, 25), DRAWN)


def _needs(count: int, households: int, drawn: Random) -> list[Need]:
    return [
        Need(
            id=UUID(int=number),
            household=UUID(int=drawn.randrange(households)),
            amount_minor=drawn.choice(
                (drawn.randint(1, 40_000), drawn.randint(1, 40_000), drawn.randint(40_000, 400_000))
            ),
            since=after(drawn.randint(0, 60)),
            rules=drawn.choice((RULES, RULES, RULES, STRICTER)),
            urgent=drawn.choice((False, False, True)),
            counts=drawn.choice((True, True, True, True, False)),
            may_be_left=drawn.choice((True, False)),
        )
        for number in range(count)
    ]


def gifts_strategy() -> st.SearchStrategy[list[Gift]]:
    """Gifts of up to 40 payers, in denominations or what was left of some, of any ages, epochs and partners."""
    return st.builds(_gifts, st.integers(12, 90), st.integers(11, 40), DRAWN)


def _gifts(count: int, payers: int, drawn: Random) -> list[Gift]:
    return [
        Gift(
            id=UUID(int=number),
            payer=UUID(int=drawn.randrange(payers)),
            amount_minor=drawn.choice((*DENOMINATIONS, 50 * drawn.randint(1, 500))),
            since=after(drawn.randint(0, 60)),
            rules=drawn.choice((RULES, RULES, RULES, STRICTER)),
            group=drawn.choice((*[GROUPS[0]] * 6, *GROUPS)),
            may_be_left=drawn.choice((True, False)),
        )
        for number in range(count)
    ]


def close_with(needs: Sequence[Need], gifts: Sequence[Gift], carried_minor: int = 0, seed: int = 0) -> Batch | None:
    """The batch, with chance that falls by the seed."""
    return close(needs, gifts, carried_minor, chance(seed))
