"""What parties and what waits are called between a side and the matcher: keyed hashes, by each app's own secret.

The chassis derives an id from a secret and a cause; here the cause is the party itself, so that the same party gets
the same id whenever it comes, and nobody without the secret can tell which party it is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Party:
    """A party, as the cause of its own pseudonym; ``time`` says nothing finer than the hour."""

    source: str
    id: str
    time: datetime = EPOCH


def household(city: str, pseudonym: str) -> Party:
    """A household, known by the pseudonym that its city gave."""
    return Party("urn:b40:solidarity:household", f"{city} {pseudonym}")


def subject(person: UUID) -> Party:
    """A person, known by the opaque id under which notices reach it; as whose key its leaves are salted."""
    return Party("urn:b40:solidarity:subject", str(person))


def partner(source: str) -> Party:
    """A payment partner, known by the source that it reports under."""
    return Party("urn:b40:solidarity:partner", source)


def waiting(source: str, id_: str, since: datetime) -> Party:
    """What waits, as the cause of its working id: by the report that brought it, and as old as ``since``."""
    return Party(f"urn:b40:solidarity:waiting:{source}", id_, since)


def line(need: UUID, part: int) -> Party:
    """A part of a need, as the cause of its reference on orders: it hangs on no batch and on no hour."""
    return Party("urn:b40:solidarity:line", f"{need} {part}")


def payer(partner: str, token: str) -> Party:
    """A payer, known by the token that a payment partner gave."""
    return Party("urn:b40:solidarity:payer", f"{partner} {token}")
