"""Epochs in which a payment partner gives a payer the same token: payers of one epoch can be told apart, no others."""

from datetime import datetime

from b40_contracts.solidarity import TokenEpoch

MONTHS_OF_QUARTER = 3


def epoch_of(time: datetime, kind: TokenEpoch) -> str:
    """The epoch in which a time lies: ``2022-q3``, ``2022-m07`` or ``2022``."""
    if kind is TokenEpoch.MONTH:
        return f"{time.year}-m{time.month:02d}"
    if kind is TokenEpoch.QUARTER:
        return f"{time.year}-q{(time.month - 1) // MONTHS_OF_QUARTER + 1}"
    return str(time.year)
