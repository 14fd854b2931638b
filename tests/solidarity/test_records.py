"""The public record: what it states, when it is held over, how it is chained, signed and compared with the sides."""

import pytest
from b40_contracts.solidarity import Cleared
from b40_solidarity import records
from b40_solidarity.leaves import GIFTS, NEEDS
from b40_solidarity.records import FinalBatch, Link, NotReconciled
from b40_solidarity.signatures import Signer, is_signed

from tests.solidarity.given import K, named
from tests.solidarity.recorded import SIGNER, chain, drawn, rooted

BATCH = FinalBatch(named("needs"), named("gifts"), K, K, spent_minor=50_000, settled_minor=45_000, needs_settled=7)


def test_records_are_chained_by_their_digests() -> None:
    first, second = chain(2)
    assert (first.number, first.previous, second.number, second.previous) == (1, "0" * 64, 2, first.digest)
    assert records.digest(first) == first.digest
    forged = first.model_copy(update={"settled_minor": first.settled_minor + 1})
    assert records.digest(forged) != forged.digest


def test_a_record_states_sums_exactly_and_needs_coarsely() -> None:
    (stated,) = chain(1)
    assert (stated.week, stated.spent_minor, stated.settled_minor) == ("2022-w27", 50_000, 45_000)
    assert (stated.carried_change_minor, stated.refunded_minor, stated.needs_settled) == (5_000, 0, 5)
    assert (stated.gifts_leaves, stated.needs_leaves) == (16, 16)
    assert stated.gifts_root != stated.needs_root


def test_a_record_of_too_few_is_held_over() -> None:
    """Breaks if a record covers fewer than k + f payers or households: from it and one's own k - 1 follows the rest."""
    assert records.is_enough(drawn(), rooted(GIFTS), rooted(NEEDS))
    assert not records.is_enough(drawn(), rooted(GIFTS, parties=K - 1), rooted(NEEDS))
    assert not records.is_enough(drawn(), rooted(GIFTS), rooted(NEEDS, parties=K - 1))
    assert not records.is_enough(drawn(payers_min=K + 4), rooted(GIFTS), rooted(NEEDS))
    assert not records.is_enough(drawn(households_min=K + 2), rooted(GIFTS), rooted(NEEDS))


def test_the_sides_are_asked_only_if_it_may_be_enough() -> None:
    assert records.may_be_enough([BATCH])
    assert not records.may_be_enough([])
    assert not records.may_be_enough([FinalBatch(named("a"), named("b"), K, K, 1, 1, K - 1)])


def test_a_record_follows_its_chain_alone() -> None:
    first, second = chain(2)
    assert records.follows(first, Link())
    assert records.follows(second, Link(1, first.digest))
    assert not records.follows(second, Link())
    assert not records.follows(first, Link(1, first.digest))
    assert not records.follows(second.model_copy(update={"spent_minor": 1}), Link(1, first.digest))


def test_the_same_record_is_signed_alike_and_by_the_signers_key_alone() -> None:
    (record,) = chain(1)
    assert chain(1) == [record]
    assert record.signature is not None
    assert is_signed(SIGNER.public, record.digest, record.signature)
    assert not is_signed(Signer(b"another seed of thirty-two bytes").public, record.digest, record.signature)
    assert not is_signed(SIGNER.public, "00" * 32, record.signature)


def test_a_record_from_before_there_were_roots_keeps_its_digest() -> None:
    """Breaks if a field that came later enters the digest of a record that had none: the chain would break there."""
    (record,) = chain(1)
    later = ("refunded_minor", "gifts_root", "gifts_leaves", "needs_root", "needs_leaves", "signer", "signature")
    old = record.model_copy(update=dict.fromkeys(later))
    content = old.model_dump(mode="json", exclude={"digest", *later})
    assert records.digest(old) == records.digest(type(old).model_validate({**content, "digest": "00" * 32}))


def cleared(amount_minor: int) -> Cleared:
    return Cleared(batch=named("batch"), amount_minor=amount_minor, parties=5, largest_minor=1)


def test_a_side_that_books_otherwise_is_noticed_batch_by_batch() -> None:
    """Breaks if a record could state a sum that the side's clearing account does not have."""
    said = rooted(GIFTS).model_copy(update={"batches": (cleared(50_000),)})
    records.reconcile(said, {named("batch"): 50_000})
    for booked in ({named("batch"): 49_999}, {}, {named("batch"): 50_000, named("other"): 1}):
        with pytest.raises(NotReconciled):
            records.reconcile(said, booked)
