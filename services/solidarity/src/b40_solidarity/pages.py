"""Figures ready for a page: what was published, week by week, and its sum so far."""

from collections import defaultdict
from collections.abc import Sequence

from b40_contracts.solidarity import StatisticsPublished
from pydantic import BaseModel, Field


class OfCurrency(BaseModel):
    """What there is of a currency. The sums are of the weeks' figures as published, so that they tell no more."""

    needs_settled: int = Field(description="Sum of the weeks' needs, each rounded down to fives.")
    settled_minor: int = Field(description="Sum of the records' amounts, minor units.")
    weeks: list[StatisticsPublished] = Field(description="The weeks, in their order; what is withheld is null.")


class Page(BaseModel):
    """All that a page shows."""

    note: str = Field(
        default="Figures are weekly and rounded down. Those that could tell of a few people are withheld.",
        description="What a page says beside its figures.",
    )
    currencies: dict[str, OfCurrency] = Field(description="By currency.")


def page(published: Sequence[StatisticsPublished]) -> Page:
    """The page of these figures."""
    by_currency: dict[str, list[StatisticsPublished]] = defaultdict(list)
    for one in sorted(published, key=lambda one: (one.currency, one.week)):
        by_currency[one.currency].append(one)
    return Page(
        currencies={
            currency: OfCurrency(
                needs_settled=sum(week.needs_settled for week in weeks),
                settled_minor=sum(week.settled_minor for week in weeks),
                weeks=weeks,
            )
            for currency, weeks in by_currency.items()
        }
    )
