"""What is acceptable, when batches close, what parties are called."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from b40_chassis.identity import Identity
from b40_contracts.solidarity import (
    CurrencyRules,
    OrderAnswerReported,
    Package,
    PolicyReported,
    PolicyTerms,
    SupportKind,
)
from b40_solidarity import pseudonyms
from b40_solidarity.answered import digest, objection_to_answer
from b40_solidarity.attested import Attestation, objection_to_amount, objection_to_attestation, objection_to_bill
from b40_solidarity.denominations import objection_to_gift
from b40_solidarity.hours import end_of_week, next_batch_hour, whole_hour
from b40_solidarity.objections import Objection
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.solidarity.given import MONDAY, WATER, after, attestation, bill, gift_reported, named, policy

TERMS: PolicyTerms = policy()
ATTESTED = Attestation("TRIST", named("household a"), [WATER], "TRY", 60_000, date(2022, 12, 31), 0)
MOMENTS = st.datetimes(datetime(2022, 1, 1), datetime(2023, 1, 1)).map(lambda time: time.replace(tzinfo=MONDAY.tzinfo))  # noqa: DTZ001

NONE, FORGOTTEN = None, ("forgotten",)
"""No first answer yet, and one of which nobody knows any more what it rejected."""


def reason(objection: Objection | None) -> str | None:
    return objection.reason if objection else None


def test_k_is_never_below_five() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 5"):
        policy(k=4)


def test_a_policy_names_each_currency_once() -> None:
    twice = CurrencyRules(currency="TRY", denominations=(100,), cap_minor=100)
    with pytest.raises(ValidationError, match="named twice"):
        policy(currencies=(twice, twice))


def test_k_is_ten_unless_the_policy_says_otherwise() -> None:
    terms = policy().model_dump(exclude={"k"})
    assert PolicyReported(**terms).k == 10


@pytest.mark.parametrize("amount", [5_000, 10_000, 25_000])
def test_a_denomination_is_accepted(amount: int) -> None:
    assert objection_to_gift(gift_reported("a", amount), TERMS) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"amount_minor": 13_742}, "not-a-denomination"),
        ({"amount_minor": 15_000}, "not-a-denomination"),
        ({"currency": "EUR"}, "currency-not-offered"),
        ({"kind": SupportKind.FAMILY}, "kind-not-offered"),
    ],
)
def test_a_gift_that_the_policy_does_not_take_is_refused(changes: dict[str, object], why: str) -> None:
    assert reason(objection_to_gift(gift_reported("a", 10_000).model_copy(update=changes), TERMS)) == why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"kinds": (SupportKind.WATER_BILL, SupportKind.HOME)}, "kind-not-offered"),
        ({"currency": "EUR"}, "currency-not-offered"),
        ({"cap_minor": 60_001}, "above-cap"),
    ],
)
def test_an_attestation_keeps_to_the_policy(changes: dict[str, object], why: str | None) -> None:
    assert reason(objection_to_attestation(attestation("a", **changes), TERMS)) == why


@pytest.mark.parametrize(
    ("attested", "changes", "why"),
    [
        (ATTESTED, {}, None),
        (replace(ATTESTED, until=date(2022, 7, 3)), {}, "attestation-expired"),
        (replace(ATTESTED, until=date(2022, 7, 4)), {}, None),
        (replace(ATTESTED, city="GRATH"), {}, "another-city"),
        (ATTESTED, {"kind": SupportKind.GAS_BILL}, "kind-not-attested"),
        (ATTESTED, {"currency": "EUR"}, "another-currency"),
        (replace(ATTESTED, opened_minor=51_000), {}, None),
        (replace(ATTESTED, opened_minor=51_001), {}, "above-cap"),
    ],
)
def test_a_bill_needs_an_attestation_that_covers_it(
    attested: Attestation, changes: dict[str, Any], why: str | None
) -> None:
    assert reason(objection_to_bill(bill("a", 9_000, **changes), attested, after(9))) == why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": SupportKind.FAMILY, "amount_minor": 35_000}, None),
        ({"kind": SupportKind.FAMILY, "amount_minor": 34_999}, "another-amount"),
        ({"kind": SupportKind.STUDENT, "amount_minor": 35_000}, "package-not-offered"),
        ({"kind": SupportKind.FAMILY, "amount_minor": 35_000, "currency": "EUR"}, "package-not-offered"),
        ({"kind": WATER, "amount_minor": 12_345}, None),
        ({"kind": SupportKind.GAS_BILL, "amount_minor": 12_345}, None),
    ],
)
def test_a_package_has_the_amount_of_the_policy_and_a_bill_that_of_its_biller(
    changes: dict[str, Any], why: str | None
) -> None:
    terms = policy(currencies=(rules_with(Package(kind=SupportKind.FAMILY, amount_minor=35_000)),))
    report = bill("a", 1).model_copy(update=changes)
    assert reason(objection_to_amount(report, terms)) == why


def rules_with(*packages: Package) -> CurrencyRules:
    return CurrencyRules(currency="TRY", denominations=(5_000,), cap_minor=60_000, packages=packages)


def test_a_policy_names_each_package_once_and_no_bill_among_them() -> None:
    family = Package(kind=SupportKind.FAMILY, amount_minor=35_000)
    with pytest.raises(ValidationError, match="named twice"):
        rules_with(family, family)
    with pytest.raises(ValidationError, match="a bill has the amount"):
        rules_with(Package(kind=WATER, amount_minor=9_000))


@pytest.mark.parametrize(
    ("biller", "first", "rejected", "why"),
    [
        ("iski", NONE, (), None),
        ("iski", NONE, ("line",), None),
        (None, NONE, (), "no-order"),
        ("igdas", NONE, (), "another-biller"),
        ("iski", NONE, ("other line",), "no-line"),
        ("iski", (), (), "order-answered"),
        ("iski", ("line", "other line"), ("other line", "line", "line"), "order-answered"),
        ("iski", ("line",), (), "order-answered-otherwise"),
        ("iski", (), ("line",), "order-answered-otherwise"),
        ("igdas", (), ("line",), "another-biller"),
        ("iski", FORGOTTEN, ("line",), "order-answered"),
    ],
)
def test_only_the_first_answer_of_the_orders_biller_holds(
    biller: str | None, first: tuple[str, ...] | None, rejected: tuple[str, ...], why: str | None
) -> None:
    """``first`` are the lines that the first answer rejected."""
    report = OrderAnswerReported(order=named("order"), biller="iski", rejected=tuple(named(line) for line in rejected))
    objection = objection_to_answer(
        report,
        biller=biller,
        answered=first != NONE,
        first=None if first in (NONE, FORGOTTEN) else digest([named(line) for line in first or ()]),
        lines={named("line")},
    )
    assert reason(objection) == why


@given(MOMENTS, st.sets(st.integers(0, 23), min_size=1), st.sets(st.integers(1, 7), min_size=1))
def test_the_next_batch_hour_is_later_and_allowed(time: datetime, hours: set[int], weekdays: set[int]) -> None:
    found = next_batch_hour(time, hours, weekdays)
    assert time < found <= time + timedelta(days=7)
    assert (found.hour in hours, found.isoweekday() in weekdays, whole_hour(found)) == (True, True, found)


def test_batch_hours_follow_one_another() -> None:
    monday_evening = next_batch_hour(MONDAY, {6, 18}, {1, 4})
    assert monday_evening == after(6)
    assert next_batch_hour(after(18), {6, 18}, {1, 4}) == after(3 * 24 + 6)


@given(MOMENTS)
def test_a_week_ends_on_the_monday_after(time: datetime) -> None:
    end = end_of_week(time)
    assert timedelta(0) < end - time <= timedelta(days=7)
    assert (end.isoweekday(), end.hour, end.minute) == (1, 0, 0)


def test_a_household_has_one_pseudonym_that_only_the_secret_gives() -> None:
    """Breaks if two needs of one household count as two, or if another app finds out whose they are."""
    ours, theirs = Identity(b"a" * 32), Identity(b"b" * 32)
    household = pseudonyms.household("TRIST", "household-a")
    assert ours.new(household, 0) == ours.new(pseudonyms.household("TRIST", "household-a"), 0)
    assert ours.new(household, 0) != theirs.new(household, 0)
    others = [
        pseudonyms.household("TRIST", "household-b"),
        pseudonyms.household("GRATH", "household-a"),
        pseudonyms.payer("TRIST", "household-a"),
    ]
    assert len({ours.new(party, 0) for party in (household, *others)}) == 4
