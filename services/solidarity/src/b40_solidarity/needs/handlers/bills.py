"""Billers confirm bills, which opens needs."""

from b40_chassis.work import Work
from b40_contracts.solidarity import BILLERS, BillReported

from b40_solidarity.needs.handlers import early
from b40_solidarity.needs.handlers.opening import NEED_KNOWN, Bills, open_attested
from b40_solidarity.needs.hears import hears
from b40_solidarity.needs.store import billers
from b40_solidarity.needs.store import needs as store


@hears.batch(BillReported)
async def open_needs(bills: Bills, work: Work) -> None:
    """A need is open from its bill's confirmation on, if its attestation covers it; without one the bill waits."""
    bills = await _of_known_billers(bills, work)
    too_early = await open_attested(bills, work)
    if too_early:
        await _let_wait(too_early, work)


async def _of_known_billers(bills: Bills, work: Work) -> Bills:
    """Those whose billers have a key, to which their lines can be encrypted; the others wait for it."""
    known = await billers.of(work.connection, {heard.event.biller for heard in bills})
    for heard in bills:
        if heard.event.biller not in known:
            await work.wait_for(heard, BILLERS, heard.event.biller)
    return [heard for heard in bills if heard.event.biller in known]


async def _let_wait(bills: Bills, work: Work) -> None:
    """Without an attestation yet they wait, but for those whose needs are known already."""
    needs_known = await store.known(work.connection, [heard.event.need for heard in bills])
    entered = await early.let_wait([heard for heard in bills if heard.event.need not in needs_known], work)
    for heard in bills:
        if heard.event.need not in entered:
            work.refuse(heard, NEED_KNOWN.reason, NEED_KNOWN.detail)
