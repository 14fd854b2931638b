"""Merkle trees as RFC 6962 (section 2.1) has them: leaves and nodes are hashed apart, so none passes for the other.

Here the number of leaves is a power of two, so that every proof of a tree is as long as all others.
"""

import hashlib
from collections.abc import Sequence


def leaf_hash(content: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two hashes beside each other."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over these hashes of leaves."""
    return _levels(leaves)[-1][0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The proof that a leaf is inside: from below, the hash beside it on each level."""
    beside = []
    for level in _levels(leaves)[:-1]:
        beside.append(level[index ^ 1])
        index //= 2
    return beside


def root_above(leaf: bytes, index: int, beside: Sequence[bytes]) -> bytes:
    """The root that a proof leads to, from a leaf's hash and place."""
    for other in beside:
        leaf = node_hash(other, leaf) if index % 2 else node_hash(leaf, other)
        index //= 2
    return leaf


def _levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    assert len(leaves).bit_count() == 1, "the number of leaves is a power of two"
    levels = [leaves]
    while len(levels[-1]) > 1:
        level = levels[-1]
        levels.append([node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)])
    return levels
