"""Trees, leaves and receipts: what is inside is proven, what is not cannot be, and the leaves tell nothing."""

from uuid import UUID

import pytest
from b40_solidarity import leaves, merkle
from b40_solidarity.holdings import Held, Share, cleared, parties, sums
from b40_solidarity.leaves import GIFTS, LEAVES_MIN, NOBODY, Opening
from b40_solidarity.trees import Tree, openings_of, plant, receipts
from hypothesis import given
from hypothesis import strategies as st

from tests.solidarity.given import named

SEED = b"seed of thirty-two bytes ......."
PART = named("part")
DIGEST = "ab" * 32
SIZES = st.sampled_from([1, 2, 4, 16, 64])


def held(count: int, receipt: str | None = DIGEST) -> list[Held]:
    """So many gifts of the same amount, each of a subject of its own who keeps a secret."""
    return [Held(named(f"gift {n}"), named(f"subject {n}"), 10_000, receipt) for n in range(count)]


def keys(count: int) -> dict[UUID, bytes]:
    return {named(f"subject {n}"): n.to_bytes(32) for n in range(count)}


def tree(count: int, seed: bytes = SEED) -> Tree:
    return plant(held(count), PART, GIFTS, "TRY", keys(count), seed)


def hashes(count: int) -> list[bytes]:
    return [merkle.leaf_hash(bytes([n])) for n in range(count)]


def test_the_tree_is_that_of_rfc_6962() -> None:
    """The empty leaf and the root over eight leaves, as the tests of Certificate Transparency have them."""
    assert merkle.leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    contents = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    assert (
        merkle.root([merkle.leaf_hash(bytes.fromhex(content)) for content in contents]).hex()
        == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@given(SIZES, st.integers(0, 63))
def test_every_leaf_has_a_proof(size: int, index: int) -> None:
    inside, index = hashes(size), index % size
    assert merkle.root_above(inside[index], index, merkle.path(inside, index)) == merkle.root(inside)


@given(SIZES.filter(lambda size: size > 1), st.integers(0, 63), st.binary(min_size=32, max_size=32))
def test_what_is_not_a_leaf_has_none(size: int, index: int, other: bytes) -> None:
    inside, index = hashes(size), index % size
    assert merkle.root_above(other, index, merkle.path(inside, index)) != merkle.root(inside)


def test_a_node_does_not_pass_for_a_leaf() -> None:
    """Breaks if leaves and nodes are hashed alike: then a shorter proof would show what nobody gave."""
    left, right = hashes(2)
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


@pytest.mark.parametrize(("count", "size"), [(0, 16), (1, 16), (16, 16), (17, 32), (32, 32), (33, 64)])
def test_the_number_of_leaves_says_only_a_power_of_two(count: int, size: int) -> None:
    assert (len(tree(count).hashes), LEAVES_MIN) == (size, 16)


def test_two_gifts_of_the_same_amount_have_leaves_that_differ() -> None:
    """UNSALTED: breaks if a leaf hangs on its amount alone, as who knows the amounts would then find it."""
    assert len(set(tree(20).hashes)) == 32
    guesses = {Opening(GIFTS, "TRY", 10_000, NOBODY, "").leaf, Opening(GIFTS, "TRY", 10_000, NOBODY, "00" * 16).leaf}
    assert guesses.isdisjoint(tree(20).hashes)


def test_the_salt_has_128_bits_and_another_subject_another_one() -> None:
    assert len(bytes.fromhex(leaves.salted(b"a" * 32, "gift"))) == 16
    assert leaves.salted(b"a" * 32, "gift") != leaves.salted(b"b" * 32, "gift")


def test_the_order_of_leaves_is_that_of_a_secret() -> None:
    """UNSHUFFLED: breaks if leaves stand as gifts came, or by their hashes, or padding at the end."""
    own = [opening.leaf for opening in (leaves.planted([], GIFTS, "TRY", SEED))]
    gifts = [leaf for leaf in tree(20).hashes if leaf not in own]
    assert gifts != sorted(gifts)
    places = [tree(20).hashes.index(leaf) for leaf in gifts]
    assert places != list(range(places[0], places[0] + len(places)))
    other = [leaf for leaf in tree(20, b"another").hashes if leaf in gifts]
    assert sorted(other) == sorted(gifts)
    assert other != gifts


def test_the_tree_hangs_on_what_was_given_not_on_its_order() -> None:
    """Breaks if a restored app that reads its rows in another order comes to another root."""
    turned = plant(held(20)[::-1], PART, GIFTS, "TRY", keys(20), SEED)
    assert turned.root == tree(20).root


def test_a_receipt_leads_to_the_root_and_is_for_its_holder() -> None:
    planted = tree(20)
    (receipt,) = receipts(planted, held(20)[3:4], keys(20))
    opening = Opening(GIFTS, "TRY", receipt.amount_minor, receipt.holder, receipt.salt)
    beside = [bytes.fromhex(each) for each in receipt.path]
    assert merkle.root_above(opening.leaf, receipt.index, beside).hex() == planted.root == receipt.root
    assert receipt.holder == leaves.holder(receipt.salt, DIGEST) != NOBODY


def test_two_who_gave_the_same_cannot_be_shown_one_leaf() -> None:
    """Breaks if a leaf is not bound to its holder: the side could give one leaf's receipt to two givers."""
    salt = "00" * 16
    assert leaves.holder(salt, DIGEST) != leaves.holder(salt, "cd" * 32)


@pytest.mark.parametrize("receipt", [DIGEST, None])
def test_who_is_forgotten_has_no_receipt_and_nobody_can_open_the_leaf(receipt: str | None) -> None:
    """Breaks if what a leaf held can be told although the key of its subject is erased."""
    given, left = held(20, receipt), keys(20)
    planted = plant(given, PART, GIFTS, "TRY", left, SEED)
    del left[named("subject 3")]
    assert list(receipts(planted, given[3:4], left)) == []
    opened = openings_of(planted, given, left)
    assert sum(leaf.amount_minor is None for leaf in opened.leaves) == 1
    assert sum(leaf.amount_minor or 0 for leaf in opened.leaves) == 190_000


def test_openings_open_every_leaf_in_its_order() -> None:
    planted = tree(20)
    opened = openings_of(planted, held(20), keys(20))
    assert [leaf.leaf for leaf in opened.leaves] == [leaf.hex() for leaf in planted.hashes]
    assert sum(leaf.amount_minor or 0 for leaf in opened.leaves) == 200_000
    assert [leaf.amount_minor for leaf in opened.leaves].count(0) == 12


def test_shares_are_cleared_by_batch_and_summed_by_gift() -> None:
    one, other = named("batch 1"), named("batch 2")
    first, second = sorted((one, other))
    gift = named("gift")
    shares = [Share(first, gift, "a", 100), Share(first, named("b"), "a", 50), Share(second, gift, "a", 30)]
    shares.append(Share(second, named("c"), "c", 40))
    assert [(each.amount_minor, each.parties, each.largest_minor) for each in cleared(shares)] == [
        (150, 1, 150),
        (70, 2, 40),
    ]
    assert (sums(shares)[gift], parties(shares)) == (130, 2)
