"""Metrics that single apps have of their own, beside those of every app."""

from collections.abc import Mapping, Sequence

from b40_chassis.measures import Metric
from b40_contracts.solidarity import NEEDS
from b40_solidarity.needs.metrics import answers_contradicting, orders_overdue

OF_APPS: Mapping[str, Sequence[Metric]] = {NEEDS: (orders_overdue, answers_contradicting)}
"""By app."""
