"""Which answers of billers to orders are acceptable, and which orders have waited too long for one."""

import hashlib
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from b40_contracts.solidarity import OrderAnswerReported

from b40_solidarity.objections import Objection

ANSWERED_OTHERWISE = "order-answered-otherwise"


def objection_to_answer(
    report: OrderAnswerReported, *, biller: str | None, answered: bool, first: bytes | None, lines: Collection[UUID]
) -> Objection | None:
    """Why an answer is not acceptable, or None. ``biller`` is whom the order was for, None if there is no order.

    ``first`` is the digest of the lines that the first answer rejected, None if there is none, or none any more.
    """
    if biller is None:
        return Objection("no-order", "order: there is no such order")
    if report.biller != biller:
        return Objection("another-biller", "biller: the order was not for this biller")
    if answered and first not in (None, digest(report.rejected)):
        return Objection(ANSWERED_OTHERWISE, "rejected: the first answer rejected other lines, and is final")
    if answered:
        return Objection("order-answered", "order: it was answered before; the first answer is final")
    if set(report.rejected) - set(lines):
        return Objection("no-line", "rejected: a reference is none of the order's lines")
    return None


def digest(rejected: Collection[UUID]) -> bytes:
    """What tells two answers apart: which lines they reject, in whatever order."""
    return hashlib.sha256(b"".join(sorted(line.bytes for line in set(rejected)))).digest()


def overdue_since(now: datetime, days: int) -> datetime:
    """Orders placed before then should have been answered, if an answer may take so many days."""
    return now - timedelta(days=days)
