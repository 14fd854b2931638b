"""Epochs in which a payment partner gives a payer the same token: payers of one epoch can be told apart, no others."""

from datetime import date, datetime

from b40_contracts.solidarity import TokenEpoch

MONTHS_OF_QUARTER = 3
MONTHS_OF_YEAR = 12
MONTHS_OF = {"q": MONTHS_OF_QUARTER, "m": 1}


def epoch_of(time: datetime, kind: TokenEpoch) -> str:
    """The epoch in which a time lies: ``2022-q3``, ``2022-m07`` or ``2022``."""
    if kind is TokenEpoch.MONTH:
        return f"{time.year}-m{time.month:02d}"
    if kind is TokenEpoch.QUARTER:
        return f"{time.year}-q{(time.month - 1) // MONTHS_OF_QUARTER + 1}"
    return str(time.year)


def first_day_after(epoch: str) -> date:
    """The first day on which an epoch is over."""
    year, _, part = epoch.partition("-")
    months = int(part[1:]) * MONTHS_OF[part[0]] if part else MONTHS_OF_YEAR
    return date(int(year) + months // MONTHS_OF_YEAR, months % MONTHS_OF_YEAR + 1, 1)
