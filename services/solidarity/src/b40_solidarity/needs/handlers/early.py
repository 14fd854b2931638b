"""Bills that come before the attestation that they rest on: they wait for it, and not for ever."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from b40_chassis.hears import Due, Heard
from b40_chassis.work import Work
from b40_contracts.solidarity import NEEDS_INTAKE, BillReported

from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import early_bills as store
from b40_solidarity.needs.store.early_bills import EarlyBill
from b40_solidarity.objections import Objection

WAIT = timedelta(days=30)
NO_ATTESTATION = Objection("no-attestation", f"attestation: none came within {WAIT.days} days")


async def let_wait(bills: Sequence[Heard[BillReported]], work: Work) -> set[UUID]:
    """Bills wait for their attestations. Returns their needs; one that waits already is not among them."""
    until = work.now + WAIT
    return await store.enter(
        work.connection, [EarlyBill(heard.source, heard.id, heard.time, until, heard.event) for heard in bills]
    )


async def attested(attestations: Sequence[UUID], work: Work) -> list[Heard[BillReported]]:
    """The bills that waited for these attestations, in the order in which they came, as they were heard."""
    return [_heard(bill) for bill in await store.take(work.connection, attestations)]


@hears.due("early bill", store.due)
async def refuse_early_bill(due: Due, work: Work) -> None:
    """Nobody attested the household: the biller is told."""
    bill = await store.take_one(work.connection, UUID(due.subject))
    assert bill is not None, "what is due waits"
    work.refuse(_heard(bill), NO_ATTESTATION.reason, NO_ATTESTATION.detail)


def _heard(bill: EarlyBill) -> Heard[BillReported]:
    """A bill as the cause that it was when it came; its place in the log is not kept."""
    return Heard(
        event=bill.report,
        id=bill.id,
        source=bill.source,
        time=bill.time,
        appended=bill.time,
        topic=NEEDS_INTAKE.name,
        partition=0,
        offset=0,
        key=bill.report.subject,
    )
