"""What households and payers are called between a side and the matcher: keyed hashes, by each app's own secret.

The chassis derives an id from a secret and a cause; here the cause is the party itself, so that the same party gets
the same id whenever it comes, and nobody without the secret can tell which party it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Party:
    """A household or a payer, as the cause of its own pseudonym; ``time`` says nothing."""

    source: str
    id: str
    time: datetime = EPOCH


def household(city: str, pseudonym: str) -> Party:
    """A household, known by the pseudonym that its city gave."""
    return Party("urn:b40:solidarity:household", f"{city} {pseudonym}")


def payer(partner: str, token: str) -> Party:
    """A payer, known by the token that a payment partner gave."""
    return Party("urn:b40:solidarity:payer", f"{partner} {token}")
