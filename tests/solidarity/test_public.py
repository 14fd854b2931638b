"""What the three apps offer to the public, and what they do not."""

import pytest
from b40_chassis import metrics
from b40_chassis.application import Application
from b40_contracts.solidarity import SupportKind
from b40_solidarity.gifts.app import application as gifts
from b40_solidarity.matcher.app import application as matcher
from b40_solidarity.needs.app import application as needs
from fastapi.routing import APIRoute

OFFERED = {
    "solidarity-needs": {"/policies", "/policies/{scope}", "/receipts"},
    "solidarity-gifts": {"/receipts"},
    "solidarity-matcher": {
        "/records/{currency}",
        "/statistics",
        "/statistics/{currency}",
        "/open-data/supports.json",
        "/open-data/supports.csv",
    },
}


@pytest.mark.parametrize("app", [needs, gifts, matcher], ids=lambda app: app.name)
def test_there_is_no_live_counter_and_no_list_on_a_public_port(app: Application) -> None:
    """Breaks if totals that move with each gift, openings or others' receipts can be asked for by anybody."""
    offered = {route.path for route in app.api.routes if isinstance(route, APIRoute)}
    assert offered == OFFERED[app.name]


def test_books_openings_and_orders_are_for_operations_alone() -> None:
    asked = [
        {route.path for route in app.operations.routes if isinstance(route, APIRoute)}
        for app in (needs, gifts, matcher)
    ]
    assert asked == [
        {"/openings/{root}", "/orders/overdue", "/orders/contradicted"},
        {"/openings/{root}"},
        {"/books"},
    ]


def test_no_metric_has_a_label_for_city_kind_of_support_currency_or_pool() -> None:
    """Breaks if a counter by pool tells operations, live, what the statistics withhold."""
    own = [metric for app in (needs, gifts, matcher) for metric in (*app.counters, *app.gauges)]
    labels = {label for metric in (*metrics.METRICS, *own) for label in metric.labels}
    assert labels.isdisjoint({"city", "area", "support", "currency", "pool", "scope", "biller", "batch"})
    known = {word for app in (needs, gifts, matcher) for word in app.tasks.kinds}
    assert known.isdisjoint(SupportKind)
