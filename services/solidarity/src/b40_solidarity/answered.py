"""Which answers of billers to orders are acceptable."""

from collections.abc import Collection
from uuid import UUID

from b40_contracts.solidarity import OrderAnswerReported

from b40_solidarity.objections import Objection


def objection_to_answer(
    report: OrderAnswerReported, *, biller: str | None, answered: bool, lines: Collection[UUID]
) -> Objection | None:
    """Why an answer is not acceptable, or None. ``biller`` is whom the order was for, None if there is no order."""
    if biller is None:
        return Objection("no-order", "order: there is no such order")
    if report.biller != biller:
        return Objection("another-biller", "biller: the order was not for this biller")
    if answered:
        return Objection("order-answered", "order: it was answered before; the first answer is final")
    if set(report.rejected) - set(lines):
        return Objection("no-line", "rejected: a reference is none of the order's lines")
    return None
