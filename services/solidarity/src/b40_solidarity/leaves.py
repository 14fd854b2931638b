"""The leaves of a side's tree in the public record: commitments that say nothing to who does not hold their openings.

A leaf is the hash of these lines, joined by ``\\n``: ``b40-leaf-1``, the side, the currency, the amount in minor units,
the holder, the salt. The salt has 128 bits and derives from a key of the subject: who erases that key lets nobody,
the side included, tell any more what the leaf held. The holder binds the leaf to a secret that the giver, or the
household, keeps itself, so that two of them cannot be shown the same leaf.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from b40_solidarity import merkle

GIFTS, NEEDS = "gifts", "needs"
HEADING = "b40-leaf-1"
NOBODY = "0" * 64
"""Holder of a leaf whose giver or household keeps no secret."""
SALT_BYTES = 16
LEAVES_MIN = 16


@dataclass(frozen=True, slots=True)
class Opening:
    """What a leaf commits to."""

    side: str
    currency: str
    amount_minor: int
    holder: str
    salt: str

    @property
    def leaf(self) -> bytes:
        """The hash of the leaf."""
        parts = (HEADING, self.side, self.currency, str(self.amount_minor), self.holder, self.salt)
        return merkle.leaf_hash("\n".join(parts).encode())


def salted(key: bytes, what: str) -> str:
    """The salt of a leaf: of its subject's key, and of what it is for."""
    return hmac.digest(key, f"salt\0{what}".encode(), hashlib.sha256)[:SALT_BYTES].hex()


def holder(salt: str, secret_digest: str | None) -> str:
    """Who holds a leaf: a keyed hash of the digest of its secret, another in every leaf."""
    if secret_digest is None:
        return NOBODY
    return hmac.digest(bytes.fromhex(salt), bytes.fromhex(secret_digest), hashlib.sha256).hex()


def planted(openings: Sequence[Opening], side: str, currency: str, seed: bytes) -> list[Opening]:
    """These openings among others of nothing, so many that together they are a power of two, shuffled by a secret.

    To who does not know the seed an opening of nothing has a leaf like any other, and no order says anything.
    """
    wanted = max(LEAVES_MIN, 1 << (len(openings) - 1).bit_length()) if openings else LEAVES_MIN
    together = [*openings, *padding(wanted - len(openings), side, currency, seed)]
    return sorted(together, key=lambda opening: hmac.digest(seed, opening.leaf, hashlib.sha256))


def padding(count: int, side: str, currency: str, seed: bytes) -> list[Opening]:
    """So many openings of nothing."""
    return [Opening(side, currency, 0, NOBODY, salted(seed, f"padding {number}")) for number in range(count)]
