"""Households no longer ask, or their bills were cancelled or paid elsewhere."""

from b40_chassis.hears import Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import NeedClosed, NeedWithdrawalReported

from b40_solidarity.hours import whole_hour
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import attestations, books
from b40_solidarity.needs.store import needs as store
from b40_solidarity.needs.store.needs import StoredNeed


@hears.each(NeedWithdrawalReported)
async def withdraw_need(heard: Heard[NeedWithdrawalReported], work: Work) -> None:
    """An open need is met no more; one that is ordered goes on, but is not opened again."""
    report = heard.event
    need = await store.lock(work.connection, report.need)
    if need is None or need.attestation != report.attestation:
        work.refuse(heard, "no-need", "need: there is no such need under this attestation")
    elif need.state == "settled":
        work.refuse(heard, "need-settled", "need: it is settled already")
    elif need.state == "ordered":
        await store.withdraw_if_rejected(work.connection, need.id)
    elif need.state == "open":
        await _withdraw(need, work)
        work.announce(NeedClosed(need=need.working), cause=heard, time=whole_hour(heard.time))


async def _withdraw(need: StoredNeed, work: Work) -> None:
    await store.withdraw(work.connection, [need.id])
    await attestations.count_opened(work.connection, [(need.attestation, -need.amount_minor)])
    await books.transfer(work.connection, need.currency, need.amount_minor, debit="withdrawn", credit="waiting")
