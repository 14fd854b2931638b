"""The generator makes what was published, and a small replay and a small peak come out right."""

from collections import Counter
from itertools import islice

import pytest

from tests.benchmarks.site import Machine
from tests.benchmarks.solidarity import published
from tests.benchmarks.solidarity.billers import Waited
from tests.benchmarks.solidarity.books import disagreements
from tests.benchmarks.solidarity.facts import number_of, reference
from tests.benchmarks.solidarity.history import BILL_KINDS, DENOMINATIONS, History, Period, Wanted
from tests.benchmarks.solidarity.peak import Peak, measure_peak
from tests.benchmarks.solidarity.published import FAMILY, LAUNCH, MOTHERS, PACKAGES
from tests.benchmarks.solidarity.replay import replay

TENTH = Wanted(share=0.1)


@pytest.fixture(scope="module")
def periods() -> list[Period]:
    """A tenth of all supports."""
    return list(History(TENTH).periods())


def test_the_totals_and_averages_are_the_published_ones(periods: list[Period]) -> None:
    counts, sums = Counter[str](), Counter[str]()
    for asked in (one for period in periods for one in period.asked):
        counts[asked.kind] += 1
        sums[asked.kind] += asked.amount_minor
    bills = sum(counts[kind] for kind in BILL_KINDS)
    assert sum(counts.values()) == pytest.approx(published.SUPPORTS * TENTH.share, abs=len(counts))
    assert bills == round(published.BILLS * TENTH.share)
    assert sum(sums[kind] for kind in BILL_KINDS) / bills == pytest.approx(21_945, abs=3)
    assert sums[FAMILY.kind] / counts[FAMILY.kind] == pytest.approx(28_476, abs=10)
    assert sums[MOTHERS.kind] / counts[MOTHERS.kind] == pytest.approx(28_907, abs=10)
    assert sum(sums[package.kind] for package in PACKAGES) == pytest.approx(published.PACKAGES_MINOR / 10, rel=1e-3)


def test_the_first_hours_and_the_weeks_before_the_holiday_are_the_published_ones(periods: list[Period]) -> None:
    early = [one for period in periods[:4] for one in period.asked]
    days = [(one.at - LAUNCH).total_seconds() / 86_400 for one in early]
    first = [one.amount_minor for one, day in zip(early, days, strict=True) if day <= published.SEVEN_HOURS]
    assert len(first) == published.FIRST_HOURS * TENTH.share
    assert sum(first) == pytest.approx(published.FIRST_HOURS_MINOR * TENTH.share, rel=5e-3)
    asked = sum(day <= published.HOLIDAY for day in days)
    waiting = asked - published.BEFORE_HOLIDAY * TENTH.share
    assert waiting == pytest.approx(published.WAITING_BEFORE_HOLIDAY * TENTH.share, abs=1)


def test_as_much_is_given_as_is_asked_and_in_denominations(periods: list[Period]) -> None:
    asked = sum(one.amount_minor for period in periods for one in period.asked)
    given = [one.amount_minor for period in periods for one in period.given]
    assert set(given) == set(DENOMINATIONS)
    assert sum(given) == pytest.approx(asked, rel=1e-3)


def test_what_happens_lies_between_two_batch_hours(periods: list[Period]) -> None:
    hours = [LAUNCH, *(period.hour for period in periods)]
    for before, period in zip(hours, periods, strict=False):
        moments = [*(one.at for one in period.asked), *(one.at for one in period.given)]
        assert all(before <= moment < period.hour for moment in moments)


def test_the_same_seed_is_the_same_history() -> None:
    again, other = (list(islice(History(Wanted(share=0.01, seed=seed)).periods(), 9)) for seed in (2020, 2021))
    assert list(islice(History(Wanted(share=0.01)).periods(), 9)) == again != other


def test_a_biller_rejects_a_bill_once() -> None:
    waited = Waited({200: LAUNCH})
    assert [waited.order(200, LAUNCH), waited.order(200, LAUNCH)] == [True, False]
    assert number_of(reference(200)) == 200


def test_books_that_differ_are_told() -> None:
    books = {
        "solidarity-needs": {"TRY": {"ordered": 1, "settled": 2}},
        "solidarity-gifts": {"TRY": {"gifts": 9, "waiting": 5, "spent": 4}},
        "solidarity-matcher": {"TRY": {"gifts": 9, "waiting": 5, "carried": 1, "ordered": 1, "settled": 2}},
    }
    assert disagreements(books) == []
    books["solidarity-needs"]["TRY"]["settled"] = 3
    assert disagreements(books) == ["TRY: settled 3 on the side, 2 in the matcher's books"]


async def test_a_small_replay_comes_out_right(kafka: str, postgres: str) -> None:
    replayed = await replay(Machine(kafka, postgres), Wanted(share=0.003, days=14), lambda _: None)
    assert replayed.end["needs"]["settled"] > replayed.supports / 4
    (year,) = replayed.years
    assert year.reading.facts == year.facts
    assert replayed.end["records"] >= 1


async def test_nothing_of_a_small_peak_is_lost(kafka: str, postgres: str) -> None:
    peak = await measure_peak(Machine(kafka, postgres), Peak(needs=400, seconds=1, batch=20))
    assert (peak.opened, peak.refused, peak.reasons, peak.gifts) == (396, 4, {"bill-known": 4}, 400)
