"""LEAKING: in two weeks of a few pools nobody is told of, counted or named so that it takes no join to find them."""

from b40_solidarity.leaves import GIFTS

from tests.solidarity.attackers.conftest import Attacked
from tests.solidarity.attackers.leaking import assert_k_others, fewest_told, in_clear, opened_beside
from tests.solidarity.given import K


def test_no_batch_has_fewer_than_k_beside_those_of_who_floods(glance: Attacked) -> None:
    """Breaks if f is forgotten, if k is lowered for what is urgent, or if it counts gifts or needs."""
    assert len(glance.truth.batches) > len(glance.summer.pools)
    assert_k_others(glance.summer, glance.truth)


def test_nobody_is_told_among_fewer_than_k(glance: Attacked) -> None:
    """Breaks if a notice comes before all that its batch ordered is confirmed: then few are told at a time."""
    fewest = fewest_told(glance.evidence)
    assert set(fewest) == {"GiftNoticeRequested", "NeedNoticeRequested"}
    assert min(fewest.values()) >= K


def test_no_receipt_opens_the_leaf_of_somebody_else(glance: Attacked) -> None:
    """Breaks if a leaf has no salt, or all have the same."""
    receipts = [one for of in glance.evidence.receipts.values() for one in of if one["side"] == GIFTS]
    assert len(receipts) > 10
    assert [receipt for receipt in receipts[:20] if opened_beside(receipt) is not None] == []


def test_nothing_public_changes_between_publications(glance: Attacked) -> None:
    """Breaks if a counter is live: who reads it before and after a gift knows what came of it."""
    first, second = glance.evidence.public
    assert first != second
    assert glance.evidence.between[1] == first


def test_no_identifier_stands_in_clear(glance: Attacked) -> None:
    """Breaks if telemetry, an open topic, or a key or header of a sealed one names a party by any of its ids."""
    found = in_clear(glance.evidence)
    assert set(found) == {"telemetry", "open topics", "sealed topics, from outside", "public pages"}
    assert not any(found.values()), found
