"""Households no longer ask, or their bills were cancelled or paid elsewhere."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import NeedClosed, NeedWithdrawalReported

from b40_solidarity.hours import whole_hour
from b40_solidarity.needs.handlers.withdrawing import withdraw
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import early_bills
from b40_solidarity.needs.store import needs as store


@hears.each(NeedWithdrawalReported)
async def withdraw_need(heard: Heard[NeedWithdrawalReported], work: Work) -> None:
    """What is open of a need is met no more; what is ordered goes on, but is not opened again; a bill waits no more."""
    report = heard.event
    if await early_bills.take_one(work.connection, report.need, report.attestation) is not None:
        return
    parts = await store.lock_parts(work.connection, report.need)
    if report.attestation not in {part.attestation for part in parts if part.id == report.need}:
        work.refuse(heard, "no-need", "need: there is no such need under this attestation")
        return
    if all(part.state == "settled" for part in parts):
        work.refuse(heard, "need-settled", "need: it is settled already")
        return
    for part in parts:
        if part.state == "ordered":
            await store.withdraw_if_rejected(work.connection, part.id)
        elif part.state == "open":
            await withdraw([part], work)
            work.announce(NeedClosed(need=part.working), cause=heard, time=whole_hour(heard.time))
