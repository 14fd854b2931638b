"""The plan for a fair held against its prices: the defect of 2022 is found, and nothing else is."""

from datetime import date

from b40_contracts.events import PriceTier
from b40_events.plan import Milestone, conflicts, price_on

TIERS = tuple(
    PriceTier(tier=tier, name=name, until=until, kind="payment-receipt")
    for tier, name, until in (
        ("smart", "Smart Rate", date(2022, 6, 24)),
        ("summer", "Summer Rate", date(2022, 8, 26)),
        ("late", "Late Rate", date(2022, 9, 23)),
        ("sprint", "Sprint Rate", date(2022, 10, 14)),
    )
)
HEAD_COUNTS = Milestone("head-counts", "Cities and head-counts", date(2022, 7, 31))
STAND = Milestone("stand", "Stand reservation", date(2022, 8, 1))
REGISTRATION = Milestone("registration", "Registration of delegates", date(2022, 9, 1), rate="summer")


def test_the_milestone_of_1_september_lies_6_days_behind_the_deadline_of_26_august() -> None:
    [conflict] = conflicts(TIERS, [HEAD_COUNTS, STAND, REGISTRATION])
    assert conflict.days_late == 6
    assert conflict.tier.tier == "summer"
    assert conflict.why == (
        "Registration of delegates on 2022-09-01 means to pay the Summer Rate, but that must be paid and the payment "
        "received by 2022-08-26, 6 days earlier; Late Rate holds by then."
    )


def test_a_milestone_on_the_last_day_is_in_time() -> None:
    assert not conflicts(TIERS, [Milestone("registration", "Registration", date(2022, 8, 26), rate="summer")])


def test_a_milestone_that_pays_nothing_has_no_conflict() -> None:
    assert not conflicts(TIERS, [Milestone("stand", "Stand", date(2022, 10, 20))])


def test_after_the_last_tier_no_advance_price_holds() -> None:
    [conflict] = conflicts(TIERS, [Milestone("registration", "Registration", date(2022, 10, 15), rate="sprint")])
    assert conflict.days_late == 1
    assert conflict.why.endswith("1 day earlier; no advance price holds by then.")


def test_an_order_deadline_asks_for_the_order_only() -> None:
    tier = PriceTier(tier="early", name="Early", until=date(2022, 8, 1), kind="order")
    [conflict] = conflicts([tier], [Milestone("order", "Order", date(2022, 8, 3), rate="early")])
    assert "must be ordered by 2022-08-01" in conflict.why


def test_the_price_on_a_day_is_the_first_that_has_not_ended() -> None:
    held = [price_on(TIERS, day) for day in (date(2022, 6, 24), date(2022, 6, 25), date(2022, 10, 15))]
    assert [tier and tier.tier for tier in held] == ["smart", "summer", None]
