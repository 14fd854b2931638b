"""A side's tree as it is kept: the leaves alone, which say nothing; receipts and openings are made of it on request."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, Field

from b40_solidarity import merkle
from b40_solidarity.holdings import Held, opening
from b40_solidarity.leaves import NOBODY, Opening, padding, planted

HASH_BYTES = 32


@dataclass(frozen=True, slots=True)
class Tree:
    """The leaves of one record's part, in their order, and the seed by which they were shuffled and padded."""

    part: UUID
    side: str
    currency: str
    seed: bytes
    leaves: bytes

    @property
    def hashes(self) -> list[bytes]:
        """The hashes of the leaves."""
        return [self.leaves[at : at + HASH_BYTES] for at in range(0, len(self.leaves), HASH_BYTES)]

    @property
    def root(self) -> str:
        """The root, as the record states it."""
        return merkle.root(self.hashes).hex()


class Receipt(BaseModel):
    """That a gift, or a need, is inside a public record: for whoever keeps its secret, and for nobody else."""

    format: str = Field(default="b40-receipt-1", description="What this is.")
    side: str = Field(description="gifts or needs.")
    currency: str = Field(description="Currency of the amount.")
    amount_minor: int = Field(description="What of the gift was spent, or of the need paid, minor units.")
    holder: str = Field(description="Keyed hash of the digest of the secret; zeros if none is kept.")
    salt: str = Field(description="128 bits that keep the leaf from being guessed.")
    index: int = Field(description="Place of the leaf.")
    path: list[str] = Field(description="From below, the hash beside it on each level.")
    root: str = Field(description="The root that the record states.")


class OpenedLeaf(BaseModel):
    """A leaf with what it holds; of one that is forgotten the hash alone, as nobody can open it any more."""

    leaf: str = Field(description="Hash of the leaf.")
    amount_minor: int | None = Field(default=None, description="What it holds, minor units; 0 of padding.")
    holder: str | None = Field(default=None, description="Keyed hash of the digest of a secret, or zeros.")
    salt: str | None = Field(default=None, description="128 bits.")


class Openings(BaseModel):
    """All leaves of one side of a record, in their order: for this side's auditor, and for nobody else."""

    format: str = Field(default="b40-openings-1", description="What this is.")
    side: str = Field(description="gifts or needs.")
    currency: str = Field(description="Currency of the amounts.")
    root: str = Field(description="The root that the record states.")
    leaves: list[OpenedLeaf] = Field(description="The leaves, padding included.")


def plant(held: Sequence[Held], part: UUID, side: str, currency: str, keys: Mapping[UUID, bytes], seed: bytes) -> Tree:
    """The tree over what these gifts, or needs, had."""
    openings = [opening(each, part, side, currency, keys, seed) for each in held]
    in_order = planted(openings, side, currency, seed)
    return Tree(part, side, currency, seed, b"".join(each.leaf for each in in_order))


def receipts(tree: Tree, held: Sequence[Held], keys: Mapping[UUID, bytes]) -> Iterator[Receipt]:
    """Receipts of those of these that are still known; who is forgotten has none."""
    hashes = tree.hashes
    places = {leaf: index for index, leaf in enumerate(hashes)}
    for each in held:
        found = opening(each, tree.part, tree.side, tree.currency, keys, tree.seed)
        index = places.get(found.leaf)
        if index is not None and found.holder != NOBODY:
            yield Receipt(
                side=tree.side,
                currency=tree.currency,
                amount_minor=found.amount_minor,
                holder=found.holder,
                salt=found.salt,
                index=index,
                path=[beside.hex() for beside in merkle.path(hashes, index)],
                root=tree.root,
            )


def openings_of(tree: Tree, held: Sequence[Held], keys: Mapping[UUID, bytes]) -> Openings:
    """What each leaf of a tree holds, as far as it is not forgotten. ``held`` is all that it was made of."""
    hashes = tree.hashes
    known = [opening(each, tree.part, tree.side, tree.currency, keys, tree.seed) for each in held]
    known += padding(len(hashes) - len(held), tree.side, tree.currency, tree.seed)
    by_leaf = {each.leaf: each for each in known}
    return Openings(
        side=tree.side,
        currency=tree.currency,
        root=tree.root,
        leaves=[_opened(leaf, by_leaf.get(leaf)) for leaf in hashes],
    )


def _opened(leaf: bytes, found: Opening | None) -> OpenedLeaf:
    if found is None:
        return OpenedLeaf(leaf=leaf.hex())
    return OpenedLeaf(leaf=leaf.hex(), amount_minor=found.amount_minor, holder=found.holder, salt=found.salt)
